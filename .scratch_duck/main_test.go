package scratch
import ("testing";"database/sql";"fmt";"os";"context";"database/sql/driver"
 duckdb "github.com/duckdb/duckdb-go/v2")
func q(db *sql.DB, s string){ rows,err:=db.Query(s); if err!=nil{fmt.Println("ERR",s,"=>",err);return}
 defer rows.Close(); cols,_:=rows.Columns(); n:=0
 for rows.Next(){ v:=make([]any,len(cols)); p:=make([]any,len(cols)); for i:=range v{p[i]=&v[i]}; rows.Scan(p...); if n<12 {fmt.Println("  ",v)}; n++ }
 fmt.Println(s,"rows",n, rows.Err()) }
func typ(m *sql.DB, s string) { c,_:=m.Conn(context.Background()); defer c.Close()
 c.Raw(func(d any) error { st,err:=d.(driver.Conn).Prepare(s); if err!=nil {fmt.Println("PREPERR",s,err); return nil}; defer st.Close(); ty,_:=st.(*duckdb.Stmt).StatementType(); fmt.Println("TYPE",ty,s); return nil})
 var e any; err:=m.QueryRow("select json_serialize_sql($1::varchar)", s).Scan(&e)
 x:=fmt.Sprint(e); if len(x)>120 {x=x[:120]}
 fmt.Println("    AST",err,x)
}
func TestX(t *testing.T){
 for _,st:=range []string{"/tmp/y.parquet", "/tmp/y.parquet.csv"} {
 os.Remove("/tmp/y.parquet")
 m,_:=sql.Open("duckdb","?autoinstall_known_extensions=false&autoload_known_extensions=false")
 m.SetMaxOpenConns(1)
 q(m,"copy (select 1 as a) to '/tmp/y.parquet'")
 q(m,"create table x as select 1 as a, 'k' as k")
 q(m,"set allowed_paths=['/tmp/y.parquet']")
 q(m,"set enable_external_access=false")
 q(m,"set lock_configuration=true")
 for _,s:=range []string{"describe x","summarize x","show tables","show all tables","pivot x on k using sum(a)","from x","values (1)","select list_transform([1],lambda z: z+1)","select columns('a') from x","with recursive c as (select 1 as n union all select n+1 from c where n<3) select * from c","explain select 1","explain analyze select 1","explain (analyze, format json) select 1","table x","(select 1)","call enable_logging()","pragma version","select * from pragma_version()","select 1; select 2","select 1;","set threads=1","copy x to '/tmp/y.parquet'","explain copy x to '/tmp/y.parquet'","select $1","checkpoint","use memory","load json","-- c","", "execute foo","from read_parquet('/tmp/y.parquet') select a", "unpivot x on a", "explain explain select 1", "explain (select 1)"} { typ(m,s) }
 fi,_:=os.Stat("/tmp/y.parquet"); fmt.Println("SIZE",fi.Size())
 q(m,"select * from enable_logging(storage='file', storage_path='"+st+"')")
 q(m,"select 1")
 fi,_=os.Stat("/tmp/y.parquet"); fmt.Println("SIZE",fi, fi.Size())
 m.Close()
 fi,_=os.Stat("/tmp/y.parquet"); fmt.Println("SIZE", fi.Size())
 m,_=sql.Open("duckdb","?autoinstall_known_extensions=false&autoload_known_extensions=false")
 m.SetMaxOpenConns(1)
 q(m,"set allowed_paths=['/tmp/y.parquet']")
 q(m,"set enable_external_access=false")
 q(m,"set lock_configuration=true")
 q(m,"select * from query('select 5')")
 q(m,"select * from enable_profiling(save_location='/tmp/y.parquet')")
 q(m,"select 1")
 q(m,"from '/tmp/y.parquet'")
 fi,_=os.Stat("/tmp/y.parquet"); fmt.Println("SIZE", fi.Size())
 m.Close()
 }
}
