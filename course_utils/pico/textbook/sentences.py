"""Sentences in English and Finnish that say the same.

Finnish has no articles and one word for he and she, so a free translation has many right answers. To be able
to mark one, this textbook fixes them. Each sentence has exactly one translation, both ways:

* A subject has "the" (Kettu nukkuu. The fox sleeps.), and so has what follows a postposition, stands in a
  local case, or is told in an order (Ota pallo! Take the ball!).
* A total object, in the genitive, has "a": Anna näkee ketun. Anna sees a fox.
* A partitive object has "the": Anna etsii palloa. Anna looks for the ball. Food has no article.
* What there is or what somebody has, and what somebody is, has "a": Metsässä on kettu. There is a fox in the
  forest. Annalla on pallo. Anna has a ball. Anna on leipuri. Anna is a baker.
* A verb before its subject makes "a" too: Sitten tuli kettu. Then came a fox.
* Present is the simple present; nobody is called he or she: the name is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .world import Cast, fill


@dataclass(frozen=True)
class Pattern:
    """A sentence in both languages.

    `mood` is "positive", "negative", "neutral", or "feeling": then the cast's feeling decides.
    """

    en: str
    fi: str
    mood: str = "neutral"

    def mood_in(self, cast: Cast) -> str:
        """The mood of this sentence about this cast: "positive", "negative" or "neutral"."""
        return cast.feeling.mood if self.mood == "feeling" else self.mood


def _patterns(rows: str, mood: str = "neutral") -> tuple[Pattern, ...]:
    """Lines "English = Finnish"."""
    lines = (line.split(" = ") for line in rows.strip().splitlines())
    return tuple(Pattern(en.strip(), fi.strip(), mood) for en, fi in lines)


# What a learner is likely to try first.
SIMPLE = _patterns("""
The {animal} is {colour}. = {animal.nom} on {colour.nom}.
The {thing} is {colour}. = {thing.nom} on {colour.nom}.
The {thing} is {adj}. = {thing.nom} on {adj.nom}.
The {animal} is small. = {animal.nom} on pieni.
The {animal} is big. = {animal.nom} on iso.
The {place} is beautiful. = {place.nom} on kaunis.
The {place} is big. = {place.nom} on iso.
Where is the {thing}? = Missä {thing.nom} on?
Where is the {animal}? = Missä {animal.nom} on?
Where is {hero}? = Missä {hero} on?
Where is the {place}? = Missä {place.nom} on?
I see a {animal}. = Näen {animal.gen}.
I see a {colour} {thing}. = Näen {colour.gen} {thing.gen}.
I have a {thing}. = Minulla on {thing.nom}.
I have a {colour} {animal}. = Minulla on {colour.nom} {animal.nom}.
I live {place.at}. = Asun {place.fi_at}.
I love the {animal}. = Rakastan {animal.part}.
I do not see the {animal}. = En näe {animal.part}.
I am {place.at}. = Olen {place.fi_at}.
I sleep {place.at}. = Nukun {place.fi_at}.
I am a {job}. = Olen {job.nom}.
I am {hero}. = Olen {hero}.
I eat {food}. = Syön {food.part}.
I go {place.to}. = Menen {place.fi_to}.
We go {place.to}. = Menemme {place.fi_to}.
You have a {thing}. = Sinulla on {thing.nom}.
My name is {hero}. = Nimeni on {hero}.
{hero} sees a {animal}. = {hero} näkee {animal.gen}.
{hero} sees a {colour} {animal}. = {hero} näkee {colour.gen} {animal.gen}.
The {animal} sees a {thing}. = {animal.nom} näkee {thing.gen}.
The {animal} sees {hero}. = {animal.nom} näkee {hero.gen}.
{hero} loves the {animal}. = {hero} rakastaa {animal.part}.
{hero} loves {friend}. = {hero} rakastaa {friend.part}.
{hero} goes {place.to}. = {hero} menee {place.fi_to}.
The {animal} goes {place.to}. = {animal.nom} menee {place.fi_to}.
The {animal} eats {food}. = {animal.nom} syö {food.part}.
The {animal} sleeps. = {animal.nom} nukkuu.
The small {animal} sleeps {place.at}. = Pieni {animal.nom} nukkuu {place.fi_at}.
{hero} sings. = {hero} laulaa.
{hero} has a {thing}. = {hero.ade} on {thing.nom}.
{hero} has a {colour} {thing}. = {hero.ade} on {colour.nom} {thing.nom}.
The {animal} sleeps {place.at}. = {animal.nom} nukkuu {place.fi_at}.
The {animal} is {place.at}. = {animal.nom} on {place.fi_at}.
{hero} is {place.at}. = {hero} on {place.fi_at}.
The {thing} is {place.at}. = {thing.nom} on {place.fi_at}.
This is a {thing}. = Tämä on {thing.nom}.
This is a {colour} {animal}. = Tämä on {colour.nom} {animal.nom}.
{weather}. = {weather.fi}.
""") + _patterns(
    """
{hero} is {feeling}. = {hero} on {feeling.nom}.
The {animal} is {feeling}. = {animal.nom} on {feeling.nom}.
I am {feeling}. = Olen {feeling.nom}.
""",
    "feeling",
)

_WHERE = _patterns("""
There is a {animal} {place.at}. = {place.fi_at} on {animal.nom}.
There is a {colour} {thing} {place.at}. = {place.fi_at} on {colour.nom} {thing.nom}.
There was a {colour} {animal} {place.at}. = {place.fi_at} oli {colour.nom} {animal.nom}.
There is no {animal} {place.at}. = {place.fi_at} ei ole {animal.part}.
The {animal} is not {place.at}. = {animal.nom} ei ole {place.fi_at}.
The {thing} was {place.at} {time}. = {thing.nom} oli {place.fi_at} {time.fi}.
The {animal} sleeps in the {colour} house. = {animal.nom} nukkuu {colour.ine} talossa.
{hero} lives in the {adj} house. = {hero} asuu {adj.ine} talossa.
{hero} goes to the {colour} house. = {hero} menee {colour.ill} taloon.
{hero} comes from the {colour} house. = {hero} tulee {colour.ela} talosta.
The {animal} stands on the {colour} rock. = {animal.nom} seisoo {colour.ade} kalliolla.
{hero} walks to the {colour} rock. = {hero} kävelee {colour.all} kalliolle.
{hero} returns from the {colour} mountain. = {hero} palaa {colour.abl} vuorelta.
The {thing} is on the {colour} table. = {thing.nom} on {colour.ade} pöydällä.
There is a {thing} on the table. = Pöydällä on {thing.nom}.
The {animal} is under the table. = {animal.nom} on pöydän alla.
The {thing} is under the bed. = {thing.nom} on sängyn alla.
The {animal} sleeps under the tree. = {animal.nom} nukkuu puun alla.
{hero} sits under the tree. = {hero} istuu puun alla.
The {thing} is behind the door. = {thing.nom} on oven takana.
There is a {animal} behind the door. = Oven takana on {animal.nom}.
The {animal} is behind the house. = {animal.nom} on talon takana.
The {animal} is in front of the {colour} house. = {animal.nom} on {colour.gen} talon edessä.
{hero} lives {place.at}. = {hero} asuu {place.fi_at}.
{hero} lives near the {place}. = {hero} asuu {place.gen} lähellä.
The {place} is near the {place2}. = {place.nom} on {place2.gen} lähellä.
The {thing} is beside the {colour} {thing2}. = {thing.nom} on {colour.gen} {thing2.gen} vieressä.
{hero} sits beside the {animal}. = {hero} istuu {animal.gen} vieressä.
{hero} stands beside {friend}. = {hero} seisoo {friend.gen} vieressä.
The {thing} is between the {animal} and the {animal2}. = {thing.nom} on {animal.gen} ja {animal2.gen} välissä.
{hero} sleeps at home. = {hero} nukkuu kotona.
The {animal} is at home. = {animal.nom} on kotona.
The {animal} goes home. = {animal.nom} menee kotiin.
{hero} walks {place.off}. = {hero} kävelee {place.fi_off}.
{hero} ran {place.off}. = {hero} juoksi {place.fi_off}.
The {animal} comes {place.off}. = {animal.nom} tulee {place.fi_off}.
The {animal} came {place.off} {time}. = {animal.nom} tuli {place.fi_off} {time.fi}.
{hero} returned {place.off}. = {hero} palasi {place.fi_off}.
{hero} did not come {place.off}. = {hero} ei tullut {place.fi_off}.
The {animal} walked {place.off} {place2.to}. = {animal.nom} käveli {place.fi_off} {place2.fi_to}.
{hero} walked {place.off} {place2.to}. = {hero} käveli {place.fi_off} {place2.fi_to}.
{hero} must go {place.to}. = {hero.gen} täytyy mennä {place.fi_to}.
{hero} wants to go {place.to}. = {hero} haluaa mennä {place.fi_to}.
{hero} stays {place.at}. = {hero} jää {place.fi_to}.
{hero} puts a {thing} into the cupboard. = {hero} panee {thing.gen} kaappiin.
{hero} takes a {thing} from the cupboard. = {hero} ottaa {thing.gen} kaapista.
The {colour} {thing} is in the cupboard. = {colour.nom} {thing.nom} on kaapissa.
""")

_HAVING = _patterns("""
{hero} had a {adj} {thing}. = {hero.ade} oli {adj.nom} {thing.nom}.
{hero} does not have a {thing}. = {hero.ade} ei ole {thing.part}.
I do not have a {thing}. = Minulla ei ole {thing.part}.
The {animal} has a {colour} {thing}. = {animal.ade} on {colour.nom} {thing.nom}.
{hero}'s {animal} is {colour}. = {hero.gen} {animal.nom} on {colour.nom}.
{hero}'s {thing} is {adj}. = {hero.gen} {thing.nom} on {adj.nom}.
{hero}'s {thing} is {place.at}. = {hero.gen} {thing.nom} on {place.fi_at}.
{friend} found {hero}'s {thing}. = {friend} löysi {hero.gen} {thing.gen}.
{friend} looks for {hero}'s {thing}. = {friend} etsii {hero.gen} {thing.part}.
This is {hero}'s {thing}. = Tämä on {hero.gen} {thing.nom}.
This {thing} is {colour}. = Tämä {thing.nom} on {colour.nom}.
This {animal} is very old. = Tämä {animal.nom} on hyvin vanha.
{hero} gives a {thing} to {friend}. = {hero} antaa {thing.gen} {friend.all}.
{hero} gives a {colour} {thing} to the {animal}. = {hero} antaa {colour.gen} {thing.gen} {animal.all}.
{hero} gave a {thing} to the {colour} {animal}. = {hero} antoi {thing.gen} {colour.all} {animal.all}.
The {animal} brought a {thing} to {hero}. = {animal.nom} toi {thing.gen} {hero.all}.
{hero} gets a {thing} from {friend}. = {hero} saa {thing.gen} {friend.abl}.
{hero} got a {colour} {thing} from the {animal}. = {hero} sai {colour.gen} {thing.gen} {animal.abl}.
{hero} wants to buy a {thing}. = {hero} haluaa ostaa {thing.gen}.
{hero} came without a {thing}. = {hero} tuli ilman {thing.part}.
{hero} sees a {adj} {colour} {thing}. = {hero} näkee {adj.gen} {colour.gen} {thing.gen}.
{hero} looks for the {adj} {colour} {thing}. = {hero} etsii {adj.part} {colour.part} {thing.part}.
The {adj} {thing} is {colour}. = {adj.nom} {thing.nom} on {colour.nom}.
The {thing} is very {adj}. = {thing.nom} on hyvin {adj.nom}.
The {thing} is not {adj}. = {thing.nom} ei ole {adj.nom}.
The {thing} was {colour}, but the {thing2} was {colour2}. = {thing.nom} oli {colour.nom}, mutta {thing2.nom} oli {colour2.nom}.
""")  # noqa: E501

_PEOPLE_AND_ANIMALS = _patterns("""
{hero} plays with the {animal}. = {hero} leikkii {animal.gen} kanssa.
{hero} plays with {friend} {place.at}. = {hero} leikkii {friend.gen} kanssa {place.fi_at}.
The {animal} danced with the {colour} {animal2}. = {animal.nom} tanssi {colour.gen} {animal2.gen} kanssa.
{hero} talks to the {animal}. = {hero} puhuu {animal.all}.
{hero} talked about the {colour} {thing}. = {hero} puhui {colour.ela} {thing.ela}.
{friend} laughs at the {animal}. = {friend} nauraa {animal.all}.
{hero} likes the {animal}. = {hero} pitää {animal.ela}.
{hero} likes the {colour} {thing}. = {hero} pitää {colour.ela} {thing.ela}.
{hero} does not like the {animal}. = {hero} ei pidä {animal.ela}.
{hero} touches the {colour} {thing}. = {hero} koskee {colour.ill} {thing.ill}.
The {animal} touched the {thing}. = {animal.nom} koski {thing.ill}.
{hero} is {friend}'s friend. = {hero} on {friend.gen} ystävä.
The {animal} is older than the {animal2}. = {animal.nom} on vanhempi kuin {animal2.nom}.
The {animal} is faster than the {animal2}. = {animal.nom} on nopeampi kuin {animal2.nom}.
{hero} is older than {friend}. = {hero} on vanhempi kuin {friend}.
{hero} knows that the {animal} lives {place.at}. = {hero} tietää, että {animal.nom} asuu {place.fi_at}.
{hero} says that the {thing} is {colour}. = {hero} sanoo, että {thing.nom} on {colour.nom}.
{hero} asks where the {thing} is. = {hero} kysyy, missä {thing.nom} on.
The {animal} sings, and the {animal2} dances. = {animal.nom} laulaa, ja {animal2.nom} tanssii.
{hero} and {friend} are {place.at}. = {hero} ja {friend} ovat {place.fi_at}.
{hero} and {friend} went {place.to}. = {hero} ja {friend} menivät {place.fi_to}.
{hero} sees a {animal} and a {animal2}. = {hero} näkee {animal.gen} ja {animal2.gen}.
{hero} saw a {animal}, but {friend} saw a {animal2}. = {hero} näki {animal.gen}, mutta {friend} näki {animal2.gen}.
{hero} heard a {colour} {animal} {place.at}. = {hero} kuuli {colour.gen} {animal.gen} {place.fi_at}.
{time} the {animal} sleeps. = {time.fi} {animal.nom} nukkuu.
{time} {hero} sits {place.at}. = {time.fi} {hero} istuu {place.fi_at}.
{time} {hero} saw a {colour} {animal}. = {time.fi} {hero} näki {colour.gen} {animal.gen}.
{hero} is a {job}. = {hero} on {job.nom}.
{hero} is not a {job}. = {hero} ei ole {job.nom}.
{hero} works as a {job} {place.at}. = {hero} työskentelee {job.ess} {place.fi_at}.
{hero} wants to be a {job}. = {hero} haluaa olla {job.nom}.
The {job} lives {place.at}. = {job.nom} asuu {place.fi_at}.
The {job} sees a {colour} {animal}. = {job.nom} näkee {colour.gen} {animal.gen}.
{hero} bought a {thing} from the {job}. = {hero} osti {thing.gen} {job.abl}.
The {job} helps {hero}. = {job.nom} auttaa {hero.part}.
The {job}'s {thing} is {colour}. = {job.gen} {thing.nom} on {colour.nom}.
""")  # noqa: E501

_FOOD = (
    _patterns("""
{hero} eats {food}. = {hero} syö {food.part}.
The {animal} eats {food} {place.at}. = {animal.nom} syö {food.part} {place.fi_at}.
The {animal} does not eat {food}. = {animal.nom} ei syö {food.part}.
{hero} ate {food} {time}. = {hero} söi {food.part} {time.fi}.
{hero} wants {food}. = {hero} haluaa {food.part}.
{hero} likes {food}. = {hero} pitää {food.ela}.
I like {food}. = Pidän {food.ela}.
{hero} has {food}. = {hero.ade} on {food.part}.
There is {food} on the table. = Pöydällä on {food.part}.
{hero} gives {food} to the {animal}. = {hero} antaa {food.part} {animal.all}.
{hero} bought {food} from the {job}. = {hero} osti {food.part} {job.abl}.
The {food} is on the table. = {food.nom} on pöydällä.
""")
    + _patterns("The {food} was good. = {food.nom} oli hyvää.", "positive")
    + _patterns("The {food} was bad. = {food.nom} oli pahaa.", "negative")
)

_QUESTIONS = _patterns("""
Who is {place.at}? = Kuka on {place.fi_at}?
Who saw a {animal}? = Kuka näki {animal.gen}?
Who has a {thing}? = Kenellä on {thing.nom}?
Whose {thing} is this? = Kenen {thing.nom} tämä on?
What does {hero} eat? = Mitä {hero} syö?
What colour is the {thing}? = Minkä värinen {thing.nom} on?
What colour is {hero}'s {animal}? = Minkä värinen {hero.gen} {animal.nom} on?
Where does {hero} live? = Missä {hero} asuu?
Where does the {animal} sleep? = Missä {animal.nom} nukkuu?
Where does {hero} go? = Mihin {hero} menee?
Where does the {animal} come from? = Mistä {animal.nom} tulee?
When does {hero} go {place.to}? = Milloin {hero} menee {place.fi_to}?
How many {thing.plural} does {hero} have? = Kuinka monta {thing.part} {hero.ade} on?
How many {animal.plural} do you see? = Kuinka monta {animal.part} näet?
Why is {hero} {feeling}? = Miksi {hero} on {feeling.nom}?
Is the {thing} {colour}? = Onko {thing.nom} {colour.nom}?
Is the {animal} {place.at}? = Onko {animal.nom} {place.fi_at}?
Is {hero} a {job}? = Onko {hero} {job.nom}?
Is {hero} {feeling}? = Onko {hero} {feeling.nom}?
Are you {feeling}? = Oletko {feeling.nom}?
Does {hero} have a {thing}? = Onko {hero.ade} {thing.nom}?
Do you have a {thing}? = Onko sinulla {thing.nom}?
Do you see a {colour} {animal}? = Näetkö {colour.gen} {animal.gen}?
Does the {animal} live {place.at}? = Asuuko {animal.nom} {place.fi_at}?
""")

_ORDERS = _patterns("""
Look at the {animal}! = Katso {animal.part}!
Take the {colour} {thing}! = Ota {colour.nom} {thing.nom}!
Bring the {thing}, {hero}! = Tuo {thing.nom}, {hero}!
Come {place.to}! = Tule {place.fi_to}!
Go {place.to}, {hero}! = Mene {place.fi_to}, {hero}!
Help {friend}! = Auta {friend.part}!
Do not wake the {animal}! = Älä herätä {animal.part}!
Do not touch the {thing}! = Älä koske {thing.ill}!
Do not eat {food}! = Älä syö {food.part}!
Open the door, {hero}! = Avaa ovi, {hero}!
Let us go {place.to}! = Mennään {place.fi_to}!
""")

_WEATHER = _patterns("""
{time} {weather}. = {time.fi} {weather.fi}.
{time} {weather.past}. = {time.fi} {weather.fi_past}.
{weather}, and {hero} sits {place.at}. = {weather.fi}, ja {hero} istuu {place.fi_at}.
{weather.past}, but {hero} went {place.to}. = {weather.fi_past}, mutta {hero} meni {place.fi_to}.
{hero} stays at home because {weather}. = {hero} jää kotiin, koska {weather.fi}.
The {animal} went home because {weather.past}. = {animal.nom} meni kotiin, koska {weather.fi_past}.
When {weather}, the {animal} sleeps. = Kun {weather.fi}, {animal.nom} nukkuu.
When {weather.past}, {hero} took a {thing}. = Kun {weather.fi_past}, {hero} otti {thing.gen}.
""")

_FEELINGS = (
    _patterns(
        """
{hero} was {feeling} {time}. = {hero} oli {feeling.nom} {time.fi}.
{hero} is very {feeling} today. = {hero} on hyvin {feeling.nom} tänään.
The {colour} {animal} was {feeling}. = {colour.nom} {animal.nom} oli {feeling.nom}.
The {job} was {feeling} {place.at}. = {job.nom} oli {feeling.nom} {place.fi_at}.
""",
        "feeling",
    )
    + _patterns("""
{hero} is not {feeling}. = {hero} ei ole {feeling.nom}.
When {hero} is {feeling}, {hero} sings. = Kun {hero} on {feeling.nom}, {hero} laulaa.
""")
    + _patterns(
        """
{hero} is happy because {friend} is here. = {hero} on iloinen, koska {friend} on täällä.
{hero} was happy because the {animal} came home. = {hero} oli iloinen, koska {animal.nom} tuli kotiin.
{hero} is proud because the {thing} is beautiful. = {hero} on ylpeä, koska {thing.nom} on kaunis.
{hero} was grateful because {friend} helped the {animal}. = {hero} oli kiitollinen, koska {friend} auttoi {animal.part}.
{hero} was excited because there was a {animal} {place.at}. = {hero} oli innostunut, koska {place.fi_at} oli {animal.nom}.
{hero} is calm because the {animal} sleeps. = {hero} on rauhallinen, koska {animal.nom} nukkuu.
{hero} smiled because the {animal} danced. = {hero} hymyili, koska {animal.nom} tanssi.
{hero} had a wonderful day {place.at}. = {hero.ade} oli ihana päivä {place.fi_at}.
What a beautiful {thing}! = Mikä kaunis {thing.nom}!
""",
        "positive",
    )  # noqa: E501
    + _patterns(
        """
{hero} is sad because the {thing} is lost. = {hero} on surullinen, koska {thing.nom} on kadoksissa.
{hero} was sad because {friend} lost a {thing}. = {hero} oli surullinen, koska {friend} kadotti {thing.gen}.
{hero} is angry because the {animal} ate {food}. = {hero} on vihainen, koska {animal.nom} söi {food.part}.
{hero} was angry because the {thing} was broken. = {hero} oli vihainen, koska {thing.nom} oli rikkinäinen.
{hero} is tired because the {animal} sang at night. = {hero} on väsynyt, koska {animal.nom} lauloi yöllä.
{hero} was scared because there was a {animal} behind the door. = {hero} oli pelästynyt, koska oven takana oli {animal.nom}.
{hero} is lonely because {friend} is not here. = {hero} on yksinäinen, koska {friend} ei ole täällä.
{hero} is worried because the {animal} is sick. = {hero} on huolestunut, koska {animal.nom} on sairas.
{hero} is hungry because there is no {food} at home. = {hero} on nälkäinen, koska kotona ei ole {food.part}.
{hero} cried because the {animal} ran away. = {hero} itki, koska {animal.nom} juoksi pois.
{hero} had a terrible day {place.at}. = {hero.ade} oli kauhea päivä {place.fi_at}.
What an ugly {thing}! = Mikä ruma {thing.nom}!
""",
        "negative",
    )  # noqa: E501
)

# The same sentences with many verbs. English: present, past, plain form. Finnish: present, past, and the
# forms after "ei" in present and past (ei näe, ei nähnyt). "_" stands for a space.
_TAKES_GENITIVE = """
sees saw see näkee näki näe nähnyt
finds found find löytää löysi löydä löytänyt
buys bought buy ostaa osti osta ostanut
draws drew draw piirtää piirsi piirrä piirtänyt
loses lost lose kadottaa kadotti kadota kadottanut
brings brought bring tuo toi tuo tuonut
chooses chose choose valitsee valitsi valitse valinnut
sells sold sell myy myi myy myynyt
hides hid hide piilottaa piilotti piilota piilottanut
"""
_TAKES_PARTITIVE = """
loves loved love rakastaa rakasti rakasta rakastanut
helps helped help auttaa auttoi auta auttanut
follows followed follow seuraa seurasi seuraa seurannut
watches watched watch katselee katseli katsele katsellut
fears feared fear pelkää pelkäsi pelkää pelännyt
misses missed miss kaipaa kaipasi kaipaa kaivannut
thanks thanked thank kiittää kiitti kiitä kiittänyt
looks_for looked_for look_for etsii etsi etsi etsinyt
waits_for waited_for wait_for odottaa odotti odota odottanut
looks_at looked_at look_at katsoo katsoi katso katsonut
listens_to listened_to listen_to kuuntelee kuunteli kuuntele kuunnellut
"""
_IS_DONE_SOMEWHERE = """
sleeps slept sleep nukkuu nukkui nuku nukkunut
sits sat sit istuu istui istu istunut
lives lived live asuu asui asu asunut
sings sang sing laulaa lauloi laula laulanut
plays played play leikkii leikki leiki leikkinyt
waits waited wait odottaa odotti odota odottanut
dances danced dance tanssii tanssi tanssi tanssinut
rests rested rest lepää lepäsi lepää levännyt
laughs laughed laugh nauraa nauroi naura nauranut
stands stood stand seisoo seisoi seiso seissyt
cries cried cry itkee itki itke itkenyt
"""
_GOES_SOMEWHERE = """
goes went go menee meni mene mennyt
walks walked walk kävelee käveli kävele kävellyt
runs ran run juoksee juoksi juokse juossut
comes came come tulee tuli tule tullut
returns returned return palaa palasi palaa palannut
hurries hurried hurry kiirehtii kiirehti kiirehdi kiirehtinyt
"""


def _with_verbs(verbs: str, rows: str) -> tuple[Pattern, ...]:
    """Each pattern with each verb: its forms replace SEES, SAW, SEE and NÄKEE, NÄKI, NÄE, NÄHNYT."""
    places = ("SEES", "SAW", "SEE", "NÄKEE", "NÄKI", "NÄE", "NÄHNYT")
    made = []
    for verb in verbs.strip().splitlines():
        text = rows
        for place, form in zip(places, verb.split(), strict=True):
            text = text.replace(place, form.replace("_", " "))
        made.extend(_patterns(text))
    return tuple(made)


_VERBS = (
    _with_verbs(
        _TAKES_GENITIVE,
        """
{hero} SEES a {colour} {thing}. = {hero} NÄKEE {colour.gen} {thing.gen}.
The {animal} SAW a {thing}. = {animal.nom} NÄKI {thing.gen}.
{hero} does not SEE the {thing}. = {hero} ei NÄE {thing.part}.
{hero} did not SEE the {colour} {thing}. = {hero} ei NÄHNYT {colour.part} {thing.part}.
""",
    )
    + _with_verbs(
        _TAKES_PARTITIVE,
        """
{hero} SEES the {colour} {animal}. = {hero} NÄKEE {colour.part} {animal.part}.
The {animal} SAW {friend}. = {animal.nom} NÄKI {friend.part}.
{hero} does not SEE {friend}. = {hero} ei NÄE {friend.part}.
{hero} did not SEE the {animal}. = {hero} ei NÄHNYT {animal.part}.
""",
    )
    + _with_verbs(
        _IS_DONE_SOMEWHERE,
        """
The {colour} {animal} SEES {place.at}. = {colour.nom} {animal.nom} NÄKEE {place.fi_at}.
{hero} SAW {place.at} {time}. = {hero} NÄKI {place.fi_at} {time.fi}.
{hero} does not SEE {place.at}. = {hero} ei NÄE {place.fi_at}.
The {animal} did not SEE {place.at}. = {animal.nom} ei NÄHNYT {place.fi_at}.
""",
    )
    + _with_verbs(
        _GOES_SOMEWHERE,
        """
{hero} SEES {place.to} {time}. = {hero} NÄKEE {place.fi_to} {time.fi}.
The {animal} SAW {place.to}. = {animal.nom} NÄKI {place.fi_to}.
{hero} does not SEE {place.to}. = {hero} ei NÄE {place.fi_to}.
The {animal} did not SEE {place.to}. = {animal.nom} ei NÄHNYT {place.fi_to}.
""",
    )
)

_COUNT = {"two": "kaksi", "three": "kolme", "four": "neljä", "five": "viisi", "ten": "kymmenen"}
_NUMBERS = tuple(
    Pattern(pattern.en.replace("TWO", en), pattern.fi.replace("KAKSI", fi))
    for en, fi in _COUNT.items()
    for pattern in _patterns("""
{hero} sees TWO {animal.plural}. = {hero} näkee KAKSI {animal.part}.
{hero} has TWO {colour} {thing.plural}. = {hero.ade} on KAKSI {colour.part} {thing.part}.
There are TWO {animal.plural} {place.at}. = {place.fi_at} on KAKSI {animal.part}.
{hero} bought TWO {thing.plural}. = {hero} osti KAKSI {thing.part}.
""")
)

PATTERNS: tuple[Pattern, ...] = (
    SIMPLE + _WHERE + _HAVING + _PEOPLE_AND_ANIMALS + _FOOD + _QUESTIONS + _ORDERS + _WEATHER + _FEELINGS
    + _VERBS + _NUMBERS
)  # fmt: skip

# Small stories in the past tense. The mood of the cast's feeling chooses: a good feeling comes at the end,
# a bad one at the beginning.
STORIES: dict[str, tuple[tuple[Pattern, ...], ...]] = {
    "positive": (
        _patterns("""
{time} {hero} walked {place.to}. = {time.fi} {hero} käveli {place.fi_to}.
There was a {colour} {animal} {place.at}. = {place.fi_at} oli {colour.nom} {animal.nom}.
The {animal} gave a {thing} to {hero}. = {animal.nom} antoi {thing.gen} {hero.all}.
{hero} thanked the {animal}. = {hero} kiitti {animal.part}.
{hero} was {feeling}. = {hero} oli {feeling.nom}.
"""),
        _patterns("""
{hero} and {friend} were {place.at}. = {hero} ja {friend} olivat {place.fi_at}.
{hero} found a {colour} {thing}. = {hero} löysi {colour.gen} {thing.gen}.
Then came a {animal}. = Sitten tuli {animal.nom}.
The {animal} played with {hero} and {friend}. = {animal.nom} leikki {hero.gen} ja {friend.gen} kanssa.
In the evening {hero} was {feeling}. = Illalla {hero} oli {feeling.nom}.
"""),
        _patterns("""
{weather.past}. = {weather.fi_past}.
The {colour} {animal} sat {place.at} and waited for {hero}. = {colour.nom} {animal.nom} istui {place.fi_at} ja odotti {hero.part}.
{hero} came and brought a {thing}. = {hero} tuli ja toi {thing.gen}.
The {animal} looked at the {thing}. = {animal.nom} katsoi {thing.part}.
The {animal} was {feeling}. = {animal.nom} oli {feeling.nom}.
"""),  # noqa: E501
        _patterns("""
{hero} bought a {colour} {thing} from the {job}. = {hero} osti {colour.gen} {thing.gen} {job.abl}.
{hero} went {place.to}. = {hero} meni {place.fi_to}.
The {animal} sang {place.at}. = {animal.nom} lauloi {place.fi_at}.
{hero} laughed and danced with the {animal}. = {hero} nauroi ja tanssi {animal.gen} kanssa.
{hero} was {feeling}. = {hero} oli {feeling.nom}.
"""),
        _patterns("""
{hero} was at home and drew a {colour} {animal}. = {hero} oli kotona ja piirsi {colour.gen} {animal.gen}.
Then came a {colour} {animal} {place.off}. = Sitten tuli {colour.nom} {animal.nom} {place.fi_off}.
The {animal} had a {thing}. = {animal.ade} oli {thing.nom}.
{hero} laughed, and {friend} danced. = {hero} nauroi, ja {friend} tanssi.
{friend} was {feeling}. = {friend} oli {feeling.nom}.
"""),
    ),
    "negative": (
        _patterns("""
{hero} was {place.at} and lost a {thing}. = {hero} oli {place.fi_at} ja kadotti {thing.gen}.
{hero} was {feeling}. = {hero} oli {feeling.nom}.
Then came a {colour} {animal}. = Sitten tuli {colour.nom} {animal.nom}.
The {animal} found {hero}'s {thing}. = {animal.nom} löysi {hero.gen} {thing.gen}.
{hero} was happy again. = {hero} oli taas iloinen.
"""),
        _patterns("""
{hero} was {feeling} {time}. = {hero} oli {feeling.nom} {time.fi}.
{hero} walked {place.to}. = {hero} käveli {place.fi_to}.
There was a {colour} {animal} {place.at}. = {place.fi_at} oli {colour.nom} {animal.nom}.
The {animal} sang and danced. = {animal.nom} lauloi ja tanssi.
Then {hero} smiled and gave a {thing} to the {animal}. = Sitten {hero} hymyili ja antoi {thing.gen} {animal.all}.
"""),  # noqa: E501
        _patterns("""
The {colour} {animal} stole {hero}'s {thing}. = {colour.nom} {animal.nom} varasti {hero.gen} {thing.gen}.
{hero} was {feeling}. = {hero} oli {feeling.nom}.
The {animal} ran {place.to}. = {animal.nom} juoksi {place.fi_to}.
{hero} followed the {animal}. = {hero} seurasi {animal.part}.
{friend} found {hero}'s {thing}. = {friend} löysi {hero.gen} {thing.gen}.
Then all was well. = Sitten kaikki oli hyvin.
"""),
        _patterns("""
{time} {hero} was {place.at}. = {time.fi} {hero} oli {place.fi_at}.
{weather.past}, and {hero} was {feeling}. = {weather.fi_past}, ja {hero} oli {feeling.nom}.
The {colour} {animal} heard {hero}. = {colour.nom} {animal.nom} kuuli {hero.gen}.
The {animal} brought a {thing} to {hero}. = {animal.nom} toi {thing.gen} {hero.all}.
{hero} thanked the {animal}. = {hero} kiitti {animal.part}.
Then {hero} and the {animal} went home. = Sitten {hero} ja {animal.nom} menivät kotiin.
"""),
        _patterns("""
The {colour} {animal} lived {place.at}. = {colour.nom} {animal.nom} asui {place.fi_at}.
The {animal} was {feeling}. = {animal.nom} oli {feeling.nom}.
{hero} talked to the {animal}. = {hero} puhui {animal.all}.
{hero} and {friend} gave a {thing} to the {animal}. = {hero} ja {friend} antoivat {thing.gen} {animal.all}.
In the evening the {animal} was happy. = Illalla {animal.nom} oli iloinen.
"""),
    ),
}


def pair(rng: Random, cast: Cast, pattern: Pattern | None = None) -> tuple[str, str]:
    """A sentence about this cast, in English and in Finnish; `rng` chooses the pattern if none is given."""
    pattern = pattern or rng.choice(PATTERNS)
    return fill(pattern.en, cast, rng), fill(pattern.fi, cast, rng)


def finnish_story(rng: Random, cast: Cast) -> tuple[str, str]:
    """A story of five or six sentences in the past tense, in English and in Finnish."""
    sentences = [pair(rng, cast, pattern) for pattern in rng.choice(STORIES[cast.feeling.mood])]
    english, finnish = zip(*sentences, strict=True)
    return " ".join(english), " ".join(finnish)
