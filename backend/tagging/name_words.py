"""Word lists for names: connectors, offices, and capitals that are no names. Pure."""

CONNECTORS = frozenset(
    """de la del los las di da do dos das du van von der den ten ter bin ibn ben
    bint al el le of for y e af av""".split()
)
# Offices that make a name together with one word: "King Charles", "Pope Leo".
REGNAL = frozenset("king queen prince princess pope pape papst papa rey reina prinz könig".split())
OFFICES = frozenset(
    """president premier chancellor minister ministers prime vice deputy secretary senator senators
    sen rep reps gov governor governors mayor congressman congresswoman representative ambassador
    envoy general gen col colonel captain capt lt lieutenant sgt sergeant major admiral commander
    judge justice attorney prosecutor lawyer dr doctor prof professor mr mrs ms miss sir dame lord
    lady baroness baron duke duchess sheikh ayatollah imam rabbi bishop archbishop cardinal
    reverend rev saint st mp mps mla cm pm ceo cfo cto coo chairman chairwoman chair chief head
    director manager coach striker midfielder defender goalkeeper captain star singer actor actress
    rapper author writer director founder billionaire businessman analyst economist spokesman
    spokeswoman spokesperson leader foreign finance defence defense interior health education
    home former ex late acting interim incoming outgoing crown king queen prince princess pope
    datuk seri tan sri tun shri
    präsident präsidentin kanzler bundeskanzler bundeskanzlerin minister ministerin herr frau papst
    könig königin prinz prinzessin bürgermeister oberbürgermeister bischof trainer richter
    président présidente ministre premier première monsieur madame pape roi reine prince maire
    sénateur député général chancelier
    presidente presidenta ministro ministra primer primera rey reina papa alcalde alcaldesa
    senador senadora diputado general canciller don doña
    premier sindaco generale onorevole
    cumhurbaşkanı bakanı başkanı başkan
    statsminister president koning
    prezydent premier""".split()
)
COMMON = frozenset(
    """the a an this that these those he she it they we you i his her its their our my your who whom
    what when where why how which while if as at by for from in into of off on onto out over to up
    with without within and or but nor so yet because since until after before during about against
    between through under again then once here there all any both each few more most other some
    such no not only own same than too very can will just should now is are was were be been being
    have has had do does did doing may might must would could new old first last next two three one
    four five six ten many several here today yesterday tomorrow tonight monday tuesday wednesday
    thursday friday saturday sunday january february march april may june july august september
    october november december jan feb mar apr jun jul aug sep sept oct nov dec meanwhile however
    also although according still even never ever every another exclusive breaking live watch video
    photos photo opinion analysis explainer explained update updates news report reports review
    interview editorial comment read more related inside meet city government earth world state states council house people getty reuters afp ap images image
    north south east west northern southern eastern western great best top big how's what's it's
    let's there's that's here's i'm he's she's we're don't can't won't isn't
    der die das den dem des ein eine einer eines einem einen er sie es wir ihr ich und oder aber
    wenn als wie was wer wo warum weil dass bei mit nach von vor zu zum zur für gegen über unter
    durch im in am an auf aus bis um ab seit ist sind war waren wird werden hat haben kein keine
    nicht noch nur auch schon mehr viel viele alle alles jetzt heute gestern morgen so doch dann
    montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april mai juni
    juli august september oktober november dezember
    le la les l un une des du de au aux et ou mais donc car ni que qui quoi dont où quand comment
    pourquoi ce cet cette ces il elle ils elles on nous vous je son sa ses leur leurs mon ma mes
    dans sur sous par pour avec sans chez vers entre après avant depuis pendant est sont a ont été
    lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet
    août septembre octobre novembre décembre
    el los las una unos unas y o pero si no que quien como cuando donde por qué para con sin sobre
    entre hasta desde es son fue han ha este esta estos estas ese esa su sus lo al del más ya así
    tras según ante lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril
    mayo junio julio agosto septiembre octubre noviembre diciembre
    il lo gli i uno e ma se che chi come quando dove perché con su per tra fra di da è sono ha
    hanno questo questa più non nel nella dal dalla alla lunedì martedì mercoledì giovedì venerdì
    sabato domenica gennaio febbraio aprile maggio giugno luglio settembre ottobre novembre dicembre
    o os as um uma em no na do ao à é são foi seu sua
    het een en van dat die dit niet ook maar voor met op te zijn
    det den de og i på til av for med som er en et har ikke om å
    w z i na do nie się jest po za od to""".split()
)
