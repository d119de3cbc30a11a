package drill
import ("testing";"os")
func TestScratch(t *testing.T){
 os.RemoveAll("/tmp/drillout/a"); os.RemoveAll("/tmp/drillout/b"); os.RemoveAll("/tmp/drillout/c")
 r,err:=Generate(t.Context(),Config{Seed:1,Calls:20000,Words:[2]int{30,300},MaxTurns:1,Dir:"/tmp/drillout/a"}); t.Log(r,err)
 r,err=Generate(t.Context(),Config{Seed:1,Calls:20000,Dir:"/tmp/drillout/b"}); t.Log(r,err)
 r,err=Generate(t.Context(),Config{Seed:3,Calls:300,Words:[2]int{8,40},Layout:LayoutS3,Gzip:true,Dir:"/tmp/drillout/c"}); t.Log(r,err)
}
