package drill

import "strings"

// The words that texts are made of, without their forms: plurals and verb
// endings are built by rule, so only regular words stand here.
const (
	nouns = `account action address agent agreement amount analysis answer appendix application approach archive
		argument article aspect asset attempt audience author balance bank barrier base batch benefit bill block board
		body border branch bridge brief budget buffer building button cabinet cable calendar call camera campaign
		candidate career carrier case catalogue category cause centre chain chair challenge channel chapter character
		chart check choice circle claim class clause clerk client clock cloud cluster coach coast code column comment
		committee community company comparison component concept concern condition conference connection consequence
		container content contest context contract contrast control conversation copy corner cost council counter
		country course court cover credit crew culture curve customer cycle damage dashboard database date deadline
		deal debate decade decision default defect degree delay delivery demand department deposit design desk detail
		device diagram difference dimension direction discount discussion display distance district division document
		domain door draft drawer driver edge edition editor effect effort element email employee engine engineer
		entrance entry error estimate evening event example exception exchange exercise expense expert export factor
		factory failure feature fee field figure file filter finding flight floor folder forecast form format forum
		foundation frame function garden gate goal group guarantee guest guide harbour header highway hospital hotel
		hour house idea image impact import improvement incident index industry influence inspection instance
		instruction insurer interest interface interview invoice island issue item journal journey judge junction key
		keyboard kitchen label lake language lawyer layer layout leader lesson letter level library licence limit line
		link list loan location log loop machine manager manual margin market material matrix meal measure meeting
		member memo message method metric mile minute mirror mission mistake model module moment month monument
		morning motor mountain museum name network node note notebook notice number object objective office officer
		operation operator opinion option order organisation outcome outline output owner package page panel paper
		paragraph parameter parent park parser partner passage passenger path patient pattern payment pencil period
		permit person phase phone photo phrase pipeline place plan planet plant platform player point policy pool port
		position poster practice president price principle printer problem procedure process producer product profile
		program project promise prompt proof property proposal protocol provider province purchase purpose quarter
		query question queue quota quote railway range rate ratio reader reason receipt recipe record reference region
		register regulation relation release remark reminder rental repair reply report request requirement reserve
		resource response restaurant result return review reviewer revision reward river road role room route routine
		row rule sale sample satellite scale scenario schedule schema school scope screen script season seat section
		sector segment seller sensor sentence sequence series server service session setting shareholder shelf shipment
		shop signal signature site sketch slide solution source speaker specialist sponsor square stack stage
		standard statement station status step stock storage store storm strategy stream street structure student
		subject subsidiary suggestion summary supplier support surface survey switch symbol system table target task
		teacher team template tenant term terminal test text theatre theme theory threshold ticket title token tool
		topic total tour tower town track trade trader trail train transaction transfer translation transport traveller
		treaty trend trial trip tunnel tutorial type unit update user valley value variable vehicle vendor version
		vessel village visit visitor voice volume voucher waiter wall warehouse warning warrant wave website week
		weekend window winner witness word worker workflow workshop writer year zone`

	verbs = `accept access acquire adapt add address adjust adopt advise affect agree allow alter analyse announce
		answer appear apply appoint approach approve arrange arrive ask assemble assess assign assist assume attach
		attend avoid balance believe belong block borrow call cancel capture carry cause challenge change charge check
		claim clarify classify clean clear close collect combine comment compare compile complain complete compose
		compute concern conclude confirm connect consider consist consult consume contact contain continue contribute
		control convert convince copy correct count cover create decide declare decline define delay delete deliver
		demand depend describe deserve design detect determine develop differ direct disagree discover discuss display
		distribute divide document double download earn edit emerge employ enable encourage end enforce engage enhance
		enjoy ensure enter establish estimate evaluate examine exceed exchange exclude execute exist expand expect
		explain explore export express extend extract face fail file fill filter finish fix focus follow force format
		forward function gain gather generate group guarantee guess guide handle happen help hesitate hire identify
		ignore imagine implement imply import impose improve include increase indicate influence inform insert insist
		inspect install instruct intend introduce invest investigate invite involve issue join justify label lack last
		launch learn limit link list listen load locate lock log look maintain manage mark match matter measure mention
		merge monitor move name need negotiate note notice observe obtain occur offer open operate order organise own
		pack paint park pass pause perform place plan play point post prefer prepare present preserve press prevent
		print process produce progress promise promote propose protect prove provide publish pull purchase push
		question quote raise reach realise receive recognise recommend record recover reduce refer reflect refuse regard
		register regulate reject relate release rely remain remember remind remove rename render renew rent repair
		repeat replace reply report represent request require research reserve resolve respond rest restore restrict
		retain retire retrieve return reveal review revise reward rotate sample save scale schedule search select
		separate serve settle share ship show sign simplify sketch solve sort specify start state stay stop store
		stretch structure study submit succeed suffer suggest summarise supply support suppose survey suspend switch
		target test thank tolerate touch trace track trade train transfer transform translate travel treat trigger
		trust try turn type understate unlock update upgrade upload use validate vary verify view visit vote wait walk
		want warn watch welcome wonder work worry wrap yield`

	adjectives = `able absolute abstract academic acceptable accurate active actual additional adequate advanced
		alternative ambitious ancient annual apparent appropriate automatic available average aware basic beautiful
		brief bright broad broken busy calm capable careful central certain cheap civil classic clean clear clever
		close cold commercial common compact comparable compatible competitive complete complex comprehensive concise
		confident consistent constant contemporary convenient cool correct creative critical crucial curious current
		daily deep default detailed different difficult digital direct distant distinct diverse domestic double dry
		dynamic eager early eastern easy economic effective efficient elaborate elegant empty entire equal essential
		even everyday exact excellent exclusive existing expensive experimental explicit external extra fair familiar
		famous fast favourable final financial fine firm fixed flat flexible foreign formal former forward fragile free
		frequent fresh friendly full functional future general generous gentle genuine global good gradual grand great
		green happy hard healthy heavy helpful hidden high historic honest huge ideal immediate important impressive
		independent indirect individual industrial informal initial inner innovative interesting internal international
		joint junior keen key large late latest leading legal light likely limited linear local logical long loose low
		loyal main major manual massive maximum mean medical medium mere minimal minor missing mixed mobile moderate
		modern modest monthly multiple mutual narrow national native natural neat necessary negative neutral new next
		nice noisy normal northern notable novel numerous obvious odd official old open operational optimal optional
		ordinary organic original outer overall parallel partial particular past patient permanent personal physical
		plain pleasant poor popular portable positive possible potential powerful practical precise preliminary present
		previous primary principal private probable professional proper proud public pure quick quiet random rapid rare
		raw ready real reasonable recent regional regular related relative relevant reliable remote responsible rich
		rigid robust rough round rural safe scarce secondary secure senior sensible sensitive separate serious several
		severe shallow sharp short significant silent similar simple single slight slow small smart smooth social soft
		solid southern special specific stable standard static steady strange strategic strict strong structural
		subsequent substantial subtle successful sudden sufficient suitable superior sure technical temporary thick thin
		thorough tight tiny total tough traditional transparent typical ultimate uncertain unclear uniform unique
		universal unlikely unusual upper urban urgent useful usual vague valid valuable various vast visible visual
		vital warm weak weekly western whole wide willing wise wooden worthy wrong yearly young`

	adverbs = `again almost already also always apparently automatically barely briefly broadly carefully certainly
		clearly closely commonly completely constantly correctly currently directly early easily entirely equally
		especially essentially eventually exactly explicitly extremely fairly finally firmly formally frequently fully
		generally gently gradually greatly hardly heavily here highly however ideally immediately increasingly indeed
		initially instead jointly largely later lately literally locally mainly manually merely moderately mostly
		mutually namely nearly neatly never normally obviously occasionally often once only openly originally otherwise
		partly perhaps personally physically possibly practically precisely presumably previously primarily privately
		probably promptly properly publicly quickly quietly rapidly rarely rather readily really reasonably recently
		regularly relatively reliably remotely roughly safely seldom separately seriously sharply shortly significantly
		silently similarly simply slightly slowly smoothly sometimes somewhat soon specifically steadily still strictly
		strongly substantially successfully suddenly sufficiently surely technically temporarily there thoroughly
		tightly today together tomorrow totally truly twice typically ultimately usually widely yesterday yet`

	places = `Ashford Belmont Bridgewater Carlow Dunmore Eastport Fairview Glenwood Hartley Ironbridge Kingsley
		Lakeside Marlow Newbury Northfield Oakham Penrith Queensbury Redhill Southwell Thornton Upton Västerholm
		Westbrook Yarrow Zürichberg São-Bento 東川 Łomnica Orléac`
)

// class is a set of words that can stand in one place of a sentence.
type class uint8

const (
	classNoun class = iota
	classNouns
	classVerb
	classVerbs
	classVerbed
	classVerbing
	classAdjective
	classAdverb
	classPlace
	classNumber // a number below 10,000; not in the lexicon
	classTicket // an identifier such as KD-4711; not in the lexicon
	classQuoted // a noun in quotation marks
	classes
)

// words is a set of words in one piece of memory.
type words struct {
	text string
	ends []uint16 // one more than there are words; word i is text[ends[i]:ends[i+1]]
}

func (w *words) at(i int) string { return w.text[w.ends[i]:w.ends[i+1]] }

func (w *words) len() int { return len(w.ends) - 1 }

// pack joins the words of list, each changed by form.
func pack(list string, form func(string) string) words {
	var b strings.Builder
	w := words{ends: []uint16{0}}
	for f := range strings.FieldsSeq(list) {
		b.WriteString(form(f))
		w.ends = append(w.ends, uint16(b.Len()))
	}
	w.text = b.String()
	return w
}

func plain(w string) string { return w }

// plural makes the plural of a noun and the third person of a verb.
func plural(w string) string {
	switch {
	case endsIn(w, "s", "x", "ch", "sh", "z"):
		return w + "es"
	case endsIn(w, "y") && !endsIn(w, "ay", "ey", "oy", "uy"):
		return w[:len(w)-1] + "ies"
	default:
		return w + "s"
	}
}

func past(w string) string {
	switch {
	case endsIn(w, "e"):
		return w + "d"
	case endsIn(w, "y") && !endsIn(w, "ay", "ey", "oy", "uy"):
		return w[:len(w)-1] + "ied"
	default:
		return double(w) + "ed"
	}
}

func gerund(w string) string {
	if endsIn(w, "e") && !endsIn(w, "ee") {
		return w[:len(w)-1] + "ing"
	}
	return double(w) + "ing"
}

// double repeats the last consonant of a short verb: plan, planned.
func double(w string) string {
	if endsIn(w, "lan", "top", "rap", "hip", "ag", "refer", "occur", "mit", "og") && !endsIn(w, "limit", "edit") {
		return w + w[len(w)-1:]
	}
	return w
}

func endsIn(w string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(w, s) {
			return true
		}
	}
	return false
}
