/** Words that every base model has a picture of, or that stand in captions everywhere: alone they call up nothing of a person's own. */

const written = `
a an the this that these those some any each every all both many much more most few less no none such other another same own only just
i me my mine myself you your yours he him his she her hers it its we us our ours they them their theirs who whom whose what which when
where why how there here then now today tomorrow yesterday always never ever often again once twice soon later early late still yet
already also too very so as than like if but and or nor not yes okay ok please thanks thank hello hi hey bye well oh ah
in on at by for from of off to into onto out over under up down with without within about above across after against along among around
before behind below beneath beside between beyond during except inside near next outside past since through toward towards until upon
is am are was were be been being do does did done doing have has had having can could will would shall should may might must
get got go goes going gone come came coming make made making take took taken taking give gave given see saw seen look looking watch
know knew think thought feel felt want need love liked hate hope wish try use used using work working play playing run running walk
walking talk talking say said tell told ask asked answer call called find found keep kept let put set show shown start started stop
stopped turn turned move moved live lived believe hold held bring brought happen write wrote written read reading sit sitting stand
standing lie lying lay sleep sleeping sleepy eat eating drink drinking wear wearing carry cut open opened close closed fall fell grow
grew win won lose lost pay paid meet met send sent build built buy bought sell sold wait stay change help leave left learn follow
create speak spoke spend spent remember forget consider appear add die dead alive kill serve break broke fight cry laugh smile smiling
dance dancing sing singing jump jumping swim swimming fly flying ride riding drive driving climb cook cooking hug kiss hide pull push
throw catch kick hit shoot draw drawing drawn paint painting painted render rendering train trained training test model name word
zero one two three four five six seven eight nine ten eleven twelve hundred thousand million first second third last half whole
number part piece pair group set list line point end side top bottom middle center front back left right corner edge place thing stuff
way kind sort type case fact idea reason problem question matter story news life death world earth time moment minute hour day night
morning noon afternoon evening midnight week month year age century season spring summer autumn fall winter date birthday holiday
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november
december christmas easter halloween
person people human man men woman women boy girl kid child children baby toddler teen teenager adult guy lady gentleman friend family
mother mom mum mommy father dad daddy parent son daughter brother sister uncle aunt cousin grandmother grandma grandfather grandpa
husband wife bride groom couple twin neighbor stranger crowd team boss king queen prince princess lord knight soldier sailor pilot
captain doctor nurse teacher student artist painter writer actor actress singer dancer model chef cook farmer hunter police cop
policeman firefighter judge lawyer driver worker engineer scientist wizard witch elf dwarf fairy angel devil demon ghost zombie
vampire werewolf monster alien robot cyborg android hero superhero villain warrior samurai ninja pirate cowboy viking clown mermaid
god goddess santa character figure portrait face head hair eye eyebrow eyelash ear nose mouth lip tooth teeth tongue cheek chin beard
mustache neck shoulder arm elbow hand finger thumb nail chest breast back belly stomach waist hip leg knee foot feet toe skin bone
heart blood brain body muscle smile tail wing paw claw horn fur feather beak fin shell
animal pet dog puppy doggy cat kitten kitty horse pony donkey cow bull calf pig piglet sheep lamb goat chicken hen rooster duck goose
turkey rabbit bunny hare mouse mice rat hamster squirrel fox wolf bear panda koala lion tiger leopard cheetah panther jaguar elephant
rhino hippo giraffe zebra camel deer moose elk kangaroo monkey ape gorilla chimpanzee bird eagle hawk owl crow raven parrot pigeon dove
swan penguin flamingo peacock sparrow robin fish shark whale dolphin octopus squid crab lobster jellyfish seal otter turtle tortoise
frog toad snake lizard gecko crocodile alligator dragon dinosaur unicorn phoenix griffin insect bug bee wasp ant spider butterfly moth
fly mosquito beetle dragonfly worm snail bat hedgehog raccoon skunk beaver badger ferret guinea poodle corgi beagle husky bulldog
pug labrador retriever terrier dachshund chihuahua dalmatian shepherd collie rottweiler doberman spaniel siamese persian tabby
food meal breakfast lunch dinner supper snack bread toast butter cheese egg milk cream yogurt meat beef pork ham bacon sausage steak
burger hamburger sandwich pizza pasta spaghetti noodle rice soup salad sauce salt pepper sugar honey jam chocolate candy cake cookie
biscuit pie muffin cupcake donut doughnut pancake waffle ice dessert fruit apple banana orange lemon lime grape cherry strawberry
blueberry raspberry peach pear plum pineapple mango melon watermelon coconut kiwi avocado tomato potato carrot onion garlic corn bean
pea mushroom pumpkin cucumber lettuce cabbage broccoli spinach nut peanut almond water juice tea coffee beer wine whiskey vodka
cocktail soda cola bottle cup mug glass plate bowl dish fork knife spoon pot pan kettle teapot jar can basket
house home building castle palace tower church temple mosque cathedral school university college hospital hotel restaurant cafe bar
pub shop store market mall office factory warehouse garage barn farm cabin cottage tent apartment room bedroom bathroom kitchen hall
stairs door window wall floor ceiling roof chimney fireplace balcony garden yard fence gate pool bench bridge street road path
highway alley sidewalk city town village country state park playground zoo museum library theater cinema station airport harbor port
beach coast island ocean sea lake river stream waterfall pond swamp desert forest jungle wood woods field meadow grass hill mountain
valley canyon cave cliff volcano rock stone sand soil mud dirt dust ground land sky cloud sun moon star planet space galaxy universe
mars rain snow storm thunder lightning wind fog mist rainbow sunrise sunset dawn dusk fire flame smoke ash light shadow darkness
tree leaf leaves branch root trunk flower rose tulip daisy sunflower lily orchid lavender plant bush cactus vine moss fern pine oak
maple palm willow bamboo
car truck bus van taxi train tram subway bicycle bike motorcycle scooter boat ship yacht submarine plane airplane aircraft jet
helicopter rocket spaceship balloon tractor wheel tire engine motor road
table chair sofa couch bed desk shelf drawer cabinet mirror lamp candle clock watch picture frame photo photograph poster book
newspaper magazine letter paper card pen pencil brush computer laptop keyboard screen phone telephone camera television tv radio
guitar piano violin drum trumpet flute bell music song toy doll teddy ball game puzzle dice card gift box bag backpack suitcase purse
wallet umbrella key lock chain rope tool hammer saw axe shovel nail screw gun rifle pistol sword shield bow arrow spear bomb armor
helmet crown ring necklace bracelet earring jewel jewelry diamond gold silver bronze iron steel metal copper plastic rubber leather
cotton wool silk linen fabric cloth glass crystal marble concrete brick wood wooden clay ceramic porcelain money coin dollar euro
vase statue sculpture figurine flag map globe machine device battery wire pipe pump
clothes clothing shirt tshirt blouse sweater hoodie jacket coat suit dress skirt pants trousers jeans shorts sock shoe boot sneaker
sandal heel hat cap scarf glove belt tie uniform costume kimono robe apron pajamas underwear bra bikini swimsuit mask glasses
sunglasses
red orange yellow green blue purple violet pink brown black white gray grey beige cyan magenta turquoise teal navy golden silvery
colorful bright dark pale deep vivid pastel neon transparent
big large huge giant enormous small little tiny long short tall high low wide narrow thick thin fat slim heavy light strong weak fast
quick slow hot warm cool cold frozen wet dry clean dirty new old young ancient modern vintage retro antique classic futuristic good
bad best worst better worse great nice fine perfect beautiful pretty cute lovely handsome ugly gorgeous elegant fancy simple plain
funny silly serious sad happy angry mad scared afraid surprised calm quiet loud brave shy proud kind gentle cruel evil holy magic
magical real realistic fake true false right wrong easy hard soft smooth rough sharp round square flat full empty rich poor cheap
expensive free busy ready sure special different similar strange weird crazy wild tame sweet sour bitter salty spicy fresh rotten
naked nude sexy hot single double public private american english british french german spanish italian russian chinese japanese
korean indian african european asian mexican
style art artwork artist photography photorealistic realism cartoon comic manga anime chibi sketch illustration watercolor oil acrylic
gouache ink charcoal pastel pixel vector lineart concept digital abstract surreal impressionist cubist minimalist gothic baroque
renaissance steampunk cyberpunk fantasy horror noir scifi portrait landscape closeup background foreground scene view angle shot
composition lighting texture pattern design logo icon image wallpaper print movie film video cinematic studio masterpiece quality
detail detailed highres hd uhd render 3d 2d 4k 8k unreal octane blender
concept object subject item product sample example thing lora lycoris embedding checkpoint token trigger
really something anything nothing everything someone somebody anyone anybody everyone everybody nobody maybe perhaps because while
though although unless until whether either neither instead anyway anywhere somewhere everywhere nowhere together apart away ahead else
almost quite rather pretty enough probably possibly certainly definitely exactly completely totally absolutely actually usually
sometimes suddenly quickly slowly easily simply especially finally recently immediately forever tonight weekend mister sir madam miss
mean mind matter happen happened seem seemed appear become became remain allow accept agree admit act add afford age aim amaze amazing
apologize appreciate argue arrest arrive arrived attack attend avoid bath beat beg begin beginning began behave belong bet bite bless
blow born borrow bother bury burn care careful carry cause celebrate certain chance charge chase check choice choose chose claim class
clear client coach collect comfort comfortable command common community company compare complain complete condition confess confirm
connect contact contain continue control copy correct cost count country courage course court cover crash crazy credit crew crime
criminal cross culture cure curious current damage danger dangerous dare dark deal dear decide decision defend degree deliver demand
deny department depend describe deserve destroy detective develop difference difficult dig dinner direct direction director disappear
discover discuss disease distance divorce doubt dream dress drop drug due duty earn economy education effect effort either election
emergency emotion enemy energy enjoy enter entire equal escape event evidence exam excellent except excited exciting excuse exercise
exist expect experience expert explain explore express extra fail fair faith familiar famous fan far fashion fault favor favorite fear
feed fellow fight figure file fill film finance finish finished fire fit fix follow force foreign forgive form fortune forward freedom
fun funeral future gain gas general genius goal government grade grand grant great guard guess guest guide guilty gun guy habit handle
happiness hate health hear heard heat heaven hell hero hidden history holding honest honey honor hope huge human hungry hunt hurry hurt
husband ice ignore imagine important impossible impress improve include increase indeed industry influence inform injury innocent
insist instance insurance intelligence intend interest interesting international interview introduce invite involve issue item jail
job join joke journey judge jury justice kidding kill knock lack language large laugh law lawyer lead leader lesson lie lift limit
listen local lonely lose lovely luck lucky lunch luxury machine mad main manage manager manner market marriage marry married massage
master match measure media medical medicine meeting member memory mention mess message method military mission mistake mix mom mood
moral murder mystery nation national natural nature necessary neighborhood nervous network noise normal north note notice offer officer
official opening operation opinion opportunity opposite option order ordinary organize original ought owe own owner pack page pain
partner party pass passion past patient peace perfect perform period permission personal physical pick pity plan planet plant pleasure
plenty pocket poem point poison police policy political politics popular population position positive possible post power powerful
practice pray prefer pregnant prepare present president press pressure pretend prevent price pride prison private prize process produce
product production professional professor program progress project promise proof property protect prove provide public punish purpose
push quality race raise range rate reach react reality realize receive recognize record reduce refuse region regret regular relation
relationship relax release religion remain remind remove rent repair repeat replace report represent request require rescue research
respect respond responsibility responsible rest result return reveal review reward rich rid ring rise risk romantic rough round rule
rush sacrifice safe safety salary save schedule science scream screaming search seat secret secretary security seek self sense sentence
separate series service serious settle several sex shake shame shape share shelter shift shock shopping shut sick sight sign signal
silence silent sin single site situation size skill social society soldier solution solve somehow sorry soul sound source south north
east west speech speed spell spirit split spot spread staff stage stare statement steal step stick stomach storm straight strange
stress strike structure struggle stuck stupid success such sudden suffer suggest suit support suppose surface surprise surround survive
suspect swear symbol sympathy system talent target task taste tax teach tear technology temperature term terrible terrific thick
threat throat through ticket tight tired title together tone total touch tough tour trade tradition traffic travel treat trial trick
trip trouble trust truth twist type uniform unit united unusual upset useful usual valley value various victim view violence visit
voice vote wage wake war warm warn waste wave wealth weapon weather wedding weight welcome western whisper whole willing wise within
witness wonder wonderful wood worry worse worth wound wrap yard yell youth
james john robert michael william david richard joseph thomas charles chris christopher daniel matthew anthony mark donald steven paul
andrew joshua kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott
brandon benjamin samuel frank gregory raymond alexander patrick jack dennis jerry tyler aaron jose adam henry nathan peter max leo
simon oliver oscar felix lucas noah liam mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty
sandra margaret ashley kimberly emily donna michelle carol amanda melissa deborah stephanie rebecca laura helen sharon cynthia amy
anna angela ruth brenda pamela nicole katherine samantha christine emma olivia sophia isabella mia charlotte luna bella lucy alice
julia maria eva ella lily grace rose daisy molly charlie buddy rocky bob tom tim joe sam ben dan jim bill mike steve dave alex kate
jane jenny sally
`;

const common: ReadonlySet<string> = new Set(written.split(/\s+/).filter(Boolean));

/** Also in the plural, as a number, and as a single letter. */
export function isCommonWord(word: string): boolean {
  const lower = word.normalize("NFC").toLowerCase();
  if (/^(\p{N}+|.)$/u.test(lower)) return true;
  return [lower, lower.replace(/s$/, ""), lower.replace(/es$/, ""), lower.replace(/ies$/, "y")].some((form) => common.has(form));
}
