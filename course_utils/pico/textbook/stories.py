"""The story plots of the textbook: what happens, and why.

A plot is a template. Two things in it are still open:

* `[a|b|c]` is a choice: the generator takes one of the parts at random. Choices are never nested.
* `{hero}`, `{animal}`, `{place.at}` and so on are slots: the generator fills them from the small world.

Slots: `{hero}` and `{friend}` (names; also `.he`, `.him`, `.his`), `{animal}`, `{colour}` (only before the
first `{animal}`), `{place.at}`, `{place.to}`, `{place.off}`, `{thing}`, `{food}`, `{time}`.

Every plot has to work with any animal in any place, so it never says that an animal has wings or that a place
has trees. A summary uses words that its story uses in every variant: it can be read off, not only guessed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plot:
    """One story: a template, its summary in one sentence, and the hero's feeling at the end."""

    key: str
    text: str
    summary: str
    feeling: str


PLOTS: tuple[Plot, ...] = (
    Plot(
        "lost_and_found",
        "[{hero} lost {hero.his} {thing} {place.at} {time}."
        "|{time} {hero} lost {hero.his} {thing} {place.at}."
        "|It was a good day until {hero} lost {hero.his} {thing} {place.at}."
        "|{hero} went {place.to} and lost {hero.his} {thing} there."
        "|Oh no, {hero} lost {hero.his} {thing} {place.at}!] "
        "{hero.he} looked [here and there|high and low|under every box], but the {thing} was gone. "
        "[Then|Soon|At last] a {colour} {animal} woke up from a nap. "
        '"[What are you looking for|Why do you look so sad]?" it asked. '
        "{hero} told it [about the {thing}|everything]. "
        "The {animal} moved a little to one side and found the {thing} [right under it|in its own bed]. "
        '"[Oh|Well], so that is why my bed was so hard," said the {animal}. '
        "{hero} laughed and was happy [all the way home|again|for a week].",
        "{hero} lost {hero.his} {thing} {place.at}, and a {colour} {animal} found it.",
        "happy",
    ),
    Plot(
        "broken_and_mended",
        "[{time} {hero} broke a {thing} {place.at}.|Crack! {hero} broke a {thing} {place.at}."
        "|{hero} did not mean to do it, but {hero.he} broke a {thing} {place.at}."
        "|{hero} was playing {place.at} when {hero.he} broke a {thing}."
        "|It happened very fast: {hero} broke a {thing} {place.at}.] "
        "The {thing} belonged to {friend}, and {hero} wanted to [hide|run away|cry]. "
        "A {colour} {animal} had seen [it all|everything]. "
        '"[First|Please] tell {friend} the truth, and [then|after that] I will help you," it whispered. '
        "So {hero} told {friend} the truth, and {friend} was quiet for a moment. "
        '"[I broke it once, too|It was very old]," {friend} said. '
        "All three of them helped to mend the {thing}, and [there was glue on everything"
        "|the glue went everywhere]. "
        "{hero} was glad that {hero.he} had not [hidden|said nothing].",
        "{hero} broke a {thing} and told {friend} the truth, and a {colour} {animal} helped mend it.",
        "glad",
    ),
    Plot(
        "slow_race",
        "[{hero} and {friend} wanted to race {place.at}."
        "|{time} {hero} and {friend} went {place.to} for a race."
        "|There was going to be a race {place.at}, and {hero} wanted to win."
        '|"Who is the fastest {place.at}?" asked {hero}.'
        "|{hero} loved to race, and {friend} met {hero.him} {place.at}.] "
        '"[Slow is more fun|Fast is too easy]," said {friend}. '
        '"The last one over the line wins." '
        "A {colour} {animal} [asked to play too|wanted to play], so they had a slow race. "
        "{hero} stood as still as [a stone|a tree|a chair], and {friend} did not move [at all|a finger]. "
        "[After a long time|After an hour] the {animal} fell asleep and began to snore. "
        "{hero} and {friend} laughed so hard that they [fell|rolled] over the line. "
        "So the {animal} won in its sleep, and {hero} was tired from [doing nothing|standing still].",
        "{hero} and {friend} had a slow race, and a {colour} {animal} fell asleep and won.",
        "tired",
    ),
    Plot(
        "song_in_the_storm",
        "[A storm came when {hero} was {place.at}.|{hero} was {place.at} when a storm came."
        "|Boom! A storm came, and {hero} was all alone {place.at}."
        "|{time} a storm came, and {hero} had to wait {place.at}."
        "|The sky went dark, and a storm came while {hero} was {place.at}.] "
        "The thunder scared {hero}, and {hero.he} held {hero.his} {thing} [tight|with both hands]. "
        "Then {hero.he} saw a {colour} {animal} [under a table|under a blanket|behind a big box]. "
        '"[Are you scared too|Are you afraid too]?" asked {hero}. '
        '"[Only of the loud part|Only a little]," it whispered. '
        "So they sang together, [louder and louder|as loud as they could]. "
        "They sang so badly that [they did not hear the thunder stop|the storm went away]. "
        '"[We scared it|It did not like our song]," said the {animal}, and {hero} felt calm again.',
        "A storm scared {hero} {place.at}, so {hero.he} and a {colour} {animal} sang together.",
        "calm",
    ),
    Plot(
        "shy_newcomer",
        "[A shy {colour} {animal} came {place.to} {time}."
        "|{time} a shy {colour} {animal} came {place.to}."
        "|Somebody new came {place.to}: a shy {colour} {animal}."
        "|When {hero} looked up, a shy {colour} {animal} came {place.to}."
        "|Nobody knew the shy {colour} {animal} that came {place.to}.] "
        "It hid behind [a box|a chair|a big bag] and did not say [a word|anything]. "
        "{hero} wanted to be its friend, so {hero.he} put {hero.his} {thing} down and waited until it was "
        "ready. "
        "On the first day the {animal} [only looked|looked and hid again]. "
        "On the second day it came [a little|one step] nearer, and {hero} still waited. "
        'On the third day it said, "[Hello|Oh, hello]." '
        "After that it [talked and talked|did not stop talking], and {hero} was happy to listen "
        "[until dinner|all day].",
        "A shy {colour} {animal} came {place.to}, and {hero} waited until it said hello.",
        "happy",
    ),
    Plot(
        "surprise_party",
        "[It was the birthday of {hero}, but nobody said a word."
        "|{hero} woke up on {hero.his} birthday and smiled."
        "|Today was a big day, because it was the birthday of {hero}."
        "|{hero} had waited a whole year for {hero.his} birthday."
        "|Everybody was very quiet on the birthday of {hero}.] "
        'Even {friend} only said, "[Nice day|I am busy today]," and hurried away. '
        "{hero} thought that {hero.his} birthday was forgotten. "
        "[Slowly|Sadly] {hero.he} went {place.to}, and it was [very dark|very quiet] there. "
        '"[Surprise|Happy birthday]!" called {friend} and a {colour} {animal}. '
        "They had planned a party with [songs|games|music] and some {food}. "
        "The {animal} had a {thing} for {hero}, but [it forgot to let go of it"
        "|it wanted to play with it first]. "
        "{hero} was so surprised that {hero.he} [could not speak|sat down on the {food}].",
        "{hero} thought {hero.his} birthday was forgotten, but {friend} and a {colour} {animal} planned a party.",
        "surprised",
    ),
    Plot(
        "big_shadow",
        "[{hero} saw a big shadow {place.at}."
        "|There was a big shadow {place.at}, and {hero} saw it first."
        "|{hero} went {place.to} for {hero.his} {thing}, and there was a big shadow."
        "|Late one night {hero} saw a big shadow {place.at}.|What was that big shadow {place.at}?] "
        "It had [a long nose|long arms|a round head], and it [moved|danced]. "
        "{hero} feared the shadow and wanted to run [home|away]. "
        "But {hero.his} {thing} was still there, so {hero.he} took [one small step|a deep breath]. "
        '"[Who is there|Who are you]?" called {hero}. '
        '"[Only me|It is me]," said a voice, and it was only a {colour} {animal} [in front of a light'
        "|with a light behind it]. "
        "The {animal} made [funny shapes|a funny face] with its shadow. "
        "{hero} felt brave and made a shadow [with two big ears|even bigger].",
        "{hero} feared a big shadow {place.at}, but it was only a {colour} {animal}.",
        "brave",
    ),
    Plot(
        "promise_in_the_rain",
        "[{hero} met a {colour} {animal} {place.at} and promised it some {food}."
        "|{hero} promised some {food} to a {colour} {animal} {place.at}."
        "|A hungry {colour} {animal} lived {place.at}, and {hero} promised it some {food}."
        '|"I will bring you some {food}," {hero} promised a {colour} {animal} {place.at}.] '
        '"[Tomorrow|Tomorrow at ten], then," said the {animal}. '
        "But the next day the rain [fell and fell|did not stop], and {hero} was [warm|cosy] in bed. "
        "[Nobody would go out now|It would be easy to stay], {hero} thought. "
        "Then {hero.he} thought of the {animal}, took a {thing} and the {food}, "
        "and walked through the rain. "
        "The {animal} was [there|waiting] with a dry blanket. "
        '"[I knew it|You came]," it said. '
        "{hero} was wet from head to toe, but {hero.he} had kept the promise and was [very|so] proud.",
        "{hero} promised a {colour} {animal} some {food} and kept the promise in the rain.",
        "proud",
    ),
    Plot(
        "noise_at_night",
        "[A noise at night woke {hero} {place.at}."
        "|{hero} slept {place.at}, but a noise at night woke {hero.him}."
        "|Hic! A noise at night woke {hero} {place.at}."
        "|It was a noise at night that woke {hero} {place.at}."
        "|{hero} and {friend} slept {place.at} until a noise at night woke {hero}.] "
        "It [went|sounded] like this: hic, hic, hic. "
        "{hero} took {hero.his} {thing} and looked [under the bed|under the blanket|behind the boxes]. "
        "There was a {colour} {animal} with hiccups. "
        '"[Drink some water|Hold your breath]," said {hero}, but it did not help. '
        '"[Boo|Look out]!" called {hero}, and the {animal} [jumped|fell over]. '
        "[The hiccups were gone|It had no more hiccups], and it went to sleep at once. "
        'But now {hero} was tired, sat in bed, and said, "[Hic|Oh no, hic]."',
        "A noise at night woke {hero}, and it was a {colour} {animal} with hiccups.",
        "tired",
    ),
    Plot(
        "shared_meal",
        "[{hero} sat down {place.at} with some {food}.|{time} {hero} took some {food} {place.to}."
        "|{hero} had some {food} and a good place to eat it {place.at}."
        "|It was time to eat, and {hero} had some {food} {place.at}."
        "|{hero} was hungry and carried some {food} {place.to}.] "
        "[Before {hero.he} could eat|Just then], a hungry {colour} {animal} looked at the {food}. "
        "It did not ask, but its stomach [made a loud noise|asked for it]. "
        "{hero} shared the {food}, and [then there was only a little left|they both had only a little]. "
        "Then {friend} [came by|came in] with more food, because {friend.he} had [heard"
        "|followed] the noise. "
        "A neighbour came with cups, and a teacher came with [a cake|apples]. "
        '"[My stomach gives good parties|I should be hungry more often]," said the {animal}. '
        "{hero} was glad, and there was [enough|plenty] for everyone.",
        "{hero} shared {hero.his} {food} with a hungry {colour} {animal} {place.at}.",
        "glad",
    ),
    Plot(
        "seed_in_a_cup",
        "[{hero} planted a seed in a cup {place.at}.|{time} {hero} planted a seed in a cup {place.at}."
        "|{hero} wanted a flower, so {hero.he} planted a seed in a cup {place.at}."
        "|{friend} gave {hero} a seed, and {hero} planted it in a cup {place.at}."
        "|One small seed was all {hero} had, and {hero.he} planted it in a cup {place.at}.] "
        "{hero.he} gave it water and looked at it [every minute|all day], but nothing happened. "
        '"[Is it broken|Is it asleep]?" {hero} asked a {colour} {animal}. '
        '"[Seeds are slow|Seeds are shy]," it said. '
        "The {animal} helped {hero} wait for the seed, day after day, with [songs|games|stories]. "
        "[One morning|At last] something looked out of the cup. "
        "It was not a flower, but [a fat bean|a fat carrot|an onion]. "
        "{hero} was so proud that {hero.he} [gave it a name|showed it to everyone].",
        "{hero} planted a seed {place.at}, and a {colour} {animal} helped {hero.him} wait for it.",
        "proud",
    ),
    Plot(
        "learning_to_swim",
        "[{hero} could not swim, and {hero.he} told nobody.|Everyone could swim, but {hero} could not."
        "|{friend} loved to swim, but {hero} was afraid of water.|{hero} wanted to swim like {friend}."
        "|Water in the nose was the worst thing, thought {hero}.] "
        "{time} {hero.he} talked about it with a {colour} {animal} {place.at}. "
        '"[We blow bubbles first|First we blow bubbles]," it said, and [brought'
        "|gave {hero.him}] a bowl of water. "
        "It let {hero} blow bubbles [for a week|every day], and that [sounded very funny"
        "|made {hero.him} laugh]. "
        "Then they went to the pool, and {hero} blew bubbles [there|in the big water]. "
        "[One arm, one leg, and then|Little by little,] {hero.he} began to swim. "
        "{hero} had learned to swim, and {hero.he} felt very brave. "
        '"[And I got a clean bowl|Good, now I can have my bowl back]," said the {animal}.',
        "A {colour} {animal} let {hero} blow bubbles first, and then {hero.he} learned to swim.",
        "brave",
    ),
    Plot(
        "secret_path",
        "[{hero} found a secret path behind {hero.his} house."
        "|Behind an old door {hero} found a secret path."
        "|{time} {hero} found the start of a secret path."
        "|A secret path began where {hero} had lost {hero.his} {thing}."
        "|{hero} had never seen this secret path before.] "
        "A {colour} {animal} was [already there|waiting there]. "
        '"[Shall we follow it|Where does it go]?" it asked. '
        "They followed the path [left and right|up and down], and [left and right again|round and round]. "
        "{hero} carried a {thing}, and the {animal} carried [a very big lunch|nothing, but it sang]. "
        "After [an hour|a long walk] they came out {place.at}. "
        '"[I come here every day|I know this place]," said {hero}. '
        '"It is [not far from my bed|two steps from my door]!" '
        '"[Then we are not lost|Then we can go home for some {food}]," said the {animal}, '
        "and {hero} was surprised.",
        "{hero} and a {colour} {animal} followed a secret path and came out {place.at}.",
        "surprised",
    ),
    Plot(
        "wrong_letter",
        "[A letter came to {hero} by mistake.|{time} a letter came to {hero} by mistake."
        "|{hero} opened the door, and a letter came in by mistake."
        "|By mistake a letter came to the house of {hero}."
        "|Nobody ever wrote to {hero}, but a letter came by mistake.] "
        'It said: "To the best dancer {place.at}." '
        '"[That is not me|I dance like a chair]," said {hero}, and carried the letter {place.to}. '
        "{hero.he} asked [an old man|a tall woman|a baker], but nobody there could dance. "
        "Then {hero.he} saw a {colour} {animal} that danced [all alone|with a {thing}|round and round]. "
        '"[A letter for me|For me]?" it asked. '
        '"[Nobody has ever written to me|This is my first letter]." '
        "It read the letter [three times|again and again], and then it danced with {hero}. "
        "{hero} was happy, and the next day {hero.he} wrote it [another letter|a letter, too].",
        "A letter came to {hero} by mistake, and {hero.he} carried it to a {colour} {animal}.",
        "happy",
    ),
    Plot(
        "friend_moves_away",
        "[{friend} moved away {time}, and {hero} came to say goodbye."
        "|{hero} did not want this day to come, because {friend} moved away."
        "|It was the day when {friend} moved away."
        "|{time} {friend} moved away, with every box and chair."
        "|{hero} helped to carry boxes, because {friend} moved away.] "
        "{friend} gave {hero} a {thing}. "
        '"[Keep it for me|So you do not forget me]," {friend} said. '
        "{hero} waved until [{hero.his} arm hurt|the car was gone]. "
        "Then {hero.he} went {place.to}, where they had [always|often] played together. "
        "A {colour} {animal} came and stayed with {hero.him}. "
        "It did not [say|ask] anything, and that was [kind|just right]. "
        "{hero} was sad, but {hero.he} held the {thing} [in {hero.his} hand|close] and wrote a letter "
        "[at once|that night].",
        "{friend} moved away and gave {hero} a {thing}, and a {colour} {animal} stayed with {hero.him}.",
        "sad",
    ),
    Plot(
        "left_on_the_bus",
        "[{hero} left {hero.his} {thing} on the bus."
        "|{time} {hero} took the bus and left {hero.his} {thing} on it."
        "|The bus was full, and {hero} left {hero.his} {thing} on it."
        "|{hero} was in such a hurry that {hero.he} left {hero.his} {thing} on the bus."
        "|{hero} and {friend} talked so much that {hero} left {hero.his} {thing} on the bus.] "
        "{hero.he} stood {place.at} and saw the bus go, [faster and faster|smaller and smaller]. "
        "A {colour} {animal} hurried after the bus [as fast as it could|and called loudly]. "
        '"Stop, stop!" it called, but the driver did not [hear|stop]. '
        "At last it came back [very slowly|without a word], and it could not bring the {thing}. "
        '"[I am sorry|I tried]," it said. '
        '"[You were very fast|You tried so hard]," said {hero}. '
        "{hero} was sad about the {thing}, but {hero.he} shared {hero.his} last [apple"
        "|biscuit] with the {animal}.",
        "{hero} left {hero.his} {thing} on the bus, and a {colour} {animal} could not bring it back.",
        "sad",
    ),
    Plot(
        "the_friend_who_did_not_come",
        "[{hero} waited {place.at} for {friend}.|{time} {hero} waited for {friend} {place.at}."
        "|{hero} and {friend} wanted to play {place.at}, and {hero} waited there."
        "|{hero} had a new game, and {hero.he} waited {place.at} for {friend}."
        "|First {hero} waited {place.at} for a minute, and then for an hour.] "
        "{hero.he} wanted to show {friend} {hero.his} [new|best] {thing}. "
        "A {colour} {animal} came by and waited with {hero.him}. "
        '"[Is that your friend|Is that {friend}]?" it asked. '
        "But it was only [a man with a bag|a woman with a cake|the baker]. "
        "In the end a neighbour came and said that {friend} was ill [in bed|and had to sleep]. "
        "[So the game had to wait|There was no game], and {hero} was sad. "
        '"[I can carry the {thing}|We can bring some {food} to {friend}]," said the {animal}, '
        "and they walked home [slowly|together].",
        "{hero} and a {colour} {animal} waited {place.at}, but {friend} was ill.",
        "sad",
    ),
    Plot(
        "the_empty_bowl",
        "[{hero} had some {food} for a {colour} {animal} {place.at}."
        "|{time} {hero} carried some {food} {place.to} for a {colour} {animal}."
        "|A {colour} {animal} {place.at} had asked {hero} for some {food}."
        "|Some {food} for a {colour} {animal} was in the bowl when {hero} went {place.to}.] "
        "It smelled so [good|sweet|warm] that {hero} tasted a little. "
        "[A little cannot hurt|A little more is fine], {hero.he} thought, and tasted again. "
        "[Soon|In the end] {hero} had eaten the {food} alone, and the bowl was empty. "
        '"[Is it in the bowl|What is in the bowl]?" asked the {animal}. '
        '"[Only air|Nothing]," whispered {hero}, and {hero.his} face went hot. '
        "The {animal} [nodded|said thank you for coming] and went away hungry. "
        "{hero} was sad and sorry, and the {food} did not [taste|feel] good any more.",
        "{hero} had eaten the {food} alone, and a {colour} {animal} went away hungry.",
        "sad",
    ),
    Plot(
        "winter_goodbye",
        "[All summer {hero} played with a {colour} {animal} {place.at}."
        "|{hero} had a summer friend {place.at}, a {colour} {animal}."
        "|In summer a {colour} {animal} and {hero} met {place.at} every day."
        "|A {colour} {animal} made {hero} laugh {place.at} all summer."
        "|The best part of the summer was a {colour} {animal} that {hero} met {place.at}.] "
        "They played with [an old|a new|a lovely] {thing} and told [long stories|bad jokes]. "
        "Then the days grew [cold|short], and the {animal} was [quiet|very still]. "
        '"[Winter is coming|It is getting cold]," it said. '
        '"I must go [south|where it is warm]." '
        "It said goodbye before winter, [once, twice, and then once more"
        "|and then it came back to say it again]. "
        "{hero} was sad and watched until it was gone. "
        "[Every week|Every day] {hero.he} cleaned the {thing}, so that it would be ready in spring.",
        "A {colour} {animal} {place.at} said goodbye to {hero} before winter, and {hero} was sad.",
        "sad",
    ),
    Plot(
        "melted_snowball",
        "[{hero} had a friend who had never seen snow, so {hero.he} made a snowball."
        "|It was a cold day, and {hero} made a snowball."
        "|There was snow at last, and {hero} made a snowball."
        "|{hero} made the best snowball in the world."
        "|The first snow fell, and {hero} made a snowball at once.] "
        "{hero.he} took the snowball {place.to} for a {colour} {animal}, because it [loved snow"
        "|wanted to see snow]. "
        "{hero.he} held the snowball [close|under {hero.his} coat], so that nobody would see it. "
        "[It was a long way|The walk was long], and the coat was warm. "
        '"[Look what I have|Close your eyes]," said {hero}. '
        "But the snowball had melted, and there was only [a wet hand|some water]. "
        "{hero} was sad and almost cried. "
        '"[It is a very soft snowball|It is nice and clean]," said the {animal} kindly, and gave {hero} '
        "[a dry hat|a warm blanket].",
        "{hero} took a snowball {place.to} for a {colour} {animal}, but the snowball melted.",
        "sad",
    ),
    Plot(
        "the_wrong_wish",
        "[{hero} wished for a {thing}.|More than anything, {hero} wished for a {thing}."
        "|{time} {hero} closed {hero.his} eyes and wished for a {thing}."
        "|{hero} had one wish, and {hero.he} wished for a {thing}."
        "|Every night {hero} wished for a {thing}.] "
        "[A {colour} {animal} {place.at} had heard it"
        "|{place.at} a {colour} {animal} had heard the wish], but it did not hear very well. "
        "It hurried away and brought {hero} some {food} instead. "
        '"[Is this your wish|Is this right]?" it asked. '
        '"[It was hard to find|I carried it all the way]." '
        "{hero} looked at the {food}, and then at the [happy|proud] face of the {animal}. "
        '"[Thank you|It is just right]," said {hero}, and they ate [it together|every bit of it]. '
        "{hero} was happy, but next time {hero.he} will [wish a little louder|write it down].",
        "{hero} wished for a {thing}, but a {colour} {animal} brought {hero.him} some {food} instead.",
        "happy",
    ),
    Plot(
        "three_swaps",
        "[{hero} swapped {hero.his} {thing} for a big button {place.at}."
        "|{time} {hero} swapped {hero.his} {thing} for a big button {place.at}."
        "|{hero} did not want {hero.his} {thing} and swapped it for a big button {place.at}."
        '|"Who wants to swap?" called {hero} {place.at}, and swapped {hero.his} {thing} for a big button.] '
        "Then {hero.he} swapped the button with {friend} for [a feather|a shell]. "
        "The third time {hero.he} swapped it for [an apple|an egg], and {hero.he} ate [that|it]. "
        "After three times {hero} had [nothing|empty hands] and missed {hero.his} {thing}. "
        "Then a {colour} {animal} came with [a big box|a full bag]. "
        '"I got this for [a song|a joke], but I think it is yours," it said. '
        "The {animal} gave back the {thing}, and {hero} was happy and did not swap it again, "
        "[not even for a cake|not for ten apples].",
        "{hero} swapped {hero.his} {thing} three times, and a {colour} {animal} gave it back.",
        "happy",
    ),
    Plot(
        "in_the_hand",
        "[{hero} could not find {hero.his} {thing} {place.at}."
        "|{time} {hero} looked for {hero.his} {thing} {place.at}."
        '|"I cannot find my {thing}!" {hero} called {place.at}.'
        "|Somebody had hidden the {thing} {place.at}, thought {hero}."
        "|{hero} was sure that {hero.his} {thing} was somewhere {place.at}.] "
        "{hero.he} looked everywhere: under [the chairs|the table], behind the boxes, and even in [a shoe"
        "|the soup]. "
        "{friend} helped and looked everywhere [again|too]. "
        "A {colour} {animal} watched them [for a while|and ate an apple]. "
        '"[What do you have|And what is that] in your hand?" it asked. '
        "{hero} looked down and saw the {thing} in {hero.his} own hand, "
        "where it had been [all the time|from the beginning]. "
        "{friend} laughed first, and [then {hero} laughed the most|then everyone laughed]. "
        "{hero} was glad, and [a little shy|just a little hungry].",
        "{hero} looked everywhere, but a {colour} {animal} saw the {thing} in {hero.his} own hand.",
        "glad",
    ),
    Plot(
        "learning_to_read",
        "[A {colour} {animal} {place.at} could not read."
        "|{hero} met a {colour} {animal} {place.at} that wanted to read."
        "|{time} a {colour} {animal} {place.at} looked at a book."
        '|"What does this say?" a {colour} {animal} asked {hero} {place.at}.'
        "|{hero} loved books, and a {colour} {animal} {place.at} loved pictures.] "
        '"[The book is the wrong way up|You must turn the book]," said {hero} [kindly|with a smile]. '
        "{hero} taught the {animal} to read, one letter [a day|at a time]. "
        "[At first|In the beginning] it wanted to eat the O, because that looked [like a biscuit|so good]. "
        "Then it could read one short word, and [that|it] was its own name. "
        "It saw the name on a {thing} and on [the wall|everything]. "
        '"[I am everywhere|I must be very famous]," it said. '
        "{hero} was proud, and did not tell who had written [it everywhere|it there].",
        "{hero} taught a {colour} {animal} to read its own name {place.at}.",
        "proud",
    ),
    Plot(
        "steps_in_the_dark",
        "[Suddenly all the lights went out {place.at}, and it was dark."
        "|It was dark {place.at}, and {hero} had to go home."
        "|{hero} stayed too long {place.at}, and then it was dark."
        "|The lamp went out, and {hero} was {place.at} in the dark."
        "|{hero} could not see {hero.his} own {thing}, because it was dark {place.at}.] "
        "Someone was [crying|breathing] next to {hero}, and it was a {colour} {animal}. "
        '"[I do not like the dark|I cannot see my way home]," it said. '
        "{hero} did not like it [much|at all], but {hero.he} knew the way. "
        '"[From here to my door|All the way home] it is a hundred steps," said {hero}. '
        '"I will count." '
        "{hero} counted steps and led the {animal} home [slowly|step by step]. "
        "[They lost one step and had to count it again|The {animal} counted too, but only to four]. "
        "When they saw the light [in the house|at the door], {hero} felt very brave.",
        "It was dark {place.at}, so {hero} counted steps and led a {colour} {animal} home.",
        "brave",
    ),
    Plot(
        "one_more_note",
        "[{hero} and {friend} made music {place.at}.|{time} {hero} and {friend} sang a song {place.at}."
        "|There was music {place.at}, and {hero} and {friend} made it."
        "|{hero} wrote a song, and {friend} came {place.to} to play it."
        "|La la la, sang {hero} and {friend} {place.at}.] "
        "{hero} played on a {thing}, and {friend} [hit an old pot|sang with a spoon in one hand]. "
        "But the song needed one more note, [a high one|the last one], and they could not sing it. "
        '"[I know only one note|I can sing one note]," said a {colour} {animal}, [very quietly'
        "|with a smile]. "
        '"[One is all we need|Let us hear it]," said {hero}. '
        "The {animal} sang its note, and it was [just right|the right one]. "
        "Then it sang the note again and again, [for an hour|until everyone went home]. "
        "{hero} was proud of the song, even of the end.",
        "{hero} and {friend} needed one more note, and a {colour} {animal} sang it.",
        "proud",
    ),
    Plot(
        "salt_in_the_cake",
        "[{hero} baked a cake with salt by mistake."
        "|{time} {hero} baked a cake, but with salt by mistake."
        "|Salt and sugar look the same, and {hero} baked a cake with salt by mistake."
        "|{hero} wanted to make {friend} happy and baked a cake, by mistake with salt."
        "|By mistake {hero} baked a cake with salt in it.] "
        "{hero.he} carried it {place.to}, and {friend} took [a big bite|the first bite]. "
        '"[Very interesting|How new]," said {friend}, and drank [three cups of water|a lot of water]. '
        "{hero} wanted to [throw the cake away|cry]. "
        "But a {colour} {animal} took a bite, and then [another|ten more]. "
        "It loved the cake, because nobody had ever made one [for it|without sugar]. "
        '"[Will you make this mistake again|Can you do it wrong again]?" it asked. '
        "{hero} was happy and wrote [the salt in {hero.his} book|it all down].",
        "{hero} baked a cake with salt by mistake, but a {colour} {animal} loved it.",
        "happy",
    ),
    Plot(
        "hide_and_seek",
        "[{hero} and {friend} played a hiding game {place.at}."
        "|{time} {hero} hid {place.at}, and {friend} counted to ten."
        '|"Ready or not!" called {friend}, and {hero} hid {place.at}.'
        "|{hero} knew the best hiding place {place.at}."
        "|Nobody could hide as well as {hero}, and {hero.he} hid {place.at}.] "
        "{hero} hid so well that {friend} [walked by three times|could not find {hero.him}]. "
        "It was warm and [quiet|soft] there, and {hero} closed {hero.his} eyes. "
        "{friend} looked [everywhere|high and low] and called a neighbour, a teacher and [the baker"
        "|two more friends]. "
        "Only a {colour} {animal} stopped to listen. "
        '"[Do boxes snore|Do blankets snore]?" it asked. '
        "So it found {hero}, asleep with a {thing} [under {hero.his} head|in {hero.his} arms]. "
        '"[Did I win|Is it my turn]?" {hero} asked, tired, and slept again.',
        "{hero} hid so well {place.at} that only a {colour} {animal} found {hero.him} asleep.",
        "tired",
    ),
    Plot(
        "the_box_house",
        "[{hero} heard a voice in a box {place.at}."
        "|There was a box {place.at}, and {hero} heard a voice in it."
        "|{time} {hero} and {friend} saw a box {place.at} that moved."
        "|A box {place.at} moved, and {hero} stopped."
        '|"That box just moved!" {hero} said to {friend} {place.at}.] '
        "A {colour} {animal} looked out of [the top|a hole]. "
        '"I will [help you|get you out]!" called {hero}. '
        "{hero} pulled, {friend} pulled, and [one, two, three,|then, "
        "pop,] the {animal} came out of the box. "
        'It looked [very cross|round] and said, "This box is my house, and I was [making soup|in bed]." '
        "{hero} was so surprised that {hero.he} [could not speak|said sorry three times]. "
        "The next day {hero.he} came back with a {thing} for the house, and [this time {hero.he}"
        "|very softly {hero.he}] knocked.",
        "{hero} pulled a {colour} {animal} out of a box, but the box was its house.",
        "surprised",
    ),
    Plot(
        "looking_for_mother",
        "[A lost {colour} {animal} stood in front of {hero} and cried."
        "|{time} {hero} met a lost {colour} {animal} at the door."
        "|{hero} heard a lost {colour} {animal} cry."
        "|On the way home {hero} met a lost {colour} {animal}."
        "|{hero} and {friend} found a lost {colour} {animal} under a table.] "
        "It could not find its mother. "
        '"She [has a nice voice|knows many songs]," it said. '
        "{hero} asked [a driver|the baker], and then [a tall woman|an old man], but nobody had seen her. "
        '"[Where did you see her last|Where does she like to be]?" '
        "asked {hero}, and it [thought hard|told {hero.him}]. "
        "So {hero} took it {place.to}, and there was its mother, [under a table|behind a big box]. "
        '"[I was looking for you everywhere|You are late for dinner]," she said. '
        "She gave {hero} a {thing}, [and then a kiss|because she had nothing else]. "
        "{hero} was glad, and [ran|hurried] home to {hero.his} own mother.",
        "A lost {colour} {animal} could not find its mother, so {hero} took it {place.to}.",
        "glad",
    ),
    Plot(
        "two_hands_one_thing",
        "[{hero} and {friend} argued over a {thing} {place.at}."
        "|{time} {hero} and {friend} argued {place.at} over a {thing}."
        "|There was only one {thing} {place.at}, and {hero} and {friend} argued over it."
        '|"It is mine!" said {hero}, and argued with {friend} over a {thing} {place.at}.'
        "|First they laughed {place.at}, and then {hero} and {friend} argued over a {thing}.] "
        "{hero} pulled, and {friend} pulled [back|harder]. "
        "They were so loud that a {colour} {animal} [woke up|could not read its book]. "
        '"[If nobody can have it, I will|Then it is mine now]," it said, and carried the {thing} away. '
        "{hero} and {friend} went after the {animal}, [round and round|left and right], "
        "until they had to laugh. "
        '"[That was a good game|Now you are a team]," said the {animal}, '
        "and gave the {thing} to both of them. "
        "{hero} was glad, because [two can play with one {thing}|{friend} was there to share it].",
        "{hero} and {friend} argued over a {thing} until a {colour} {animal} carried it away.",
        "glad",
    ),
    Plot(
        "the_picture",
        "[{hero} painted a {colour} {animal} {place.at}."
        "|{time} {hero} painted a {colour} {animal} {place.at}."
        '|"Please do not move," {hero} said {place.at}, and painted a {colour} {animal}.'
        "|{hero} took some paper {place.to} and painted a {colour} {animal}."
        "|With a lot of paint {hero} painted a {colour} {animal} {place.at}.] "
        "[The nose was hard|The eyes were hard], and there was paint on [{hero.his} shoes|the {thing}"
        "|{hero.his} face]. "
        "When the picture was ready, the {animal} [came near|looked at it for a long time]. "
        '"[Hello, brother, you look well|Brother, you never write to us]," it said to the picture. '
        "It thought the picture was its brother, and it [told a long story|asked a lot of questions]. "
        "The picture [said nothing|did not answer]. "
        '"[He was always shy|He always listens so well]," the {animal} whispered to {hero}. '
        "{hero} was very proud of [the picture|{hero.his} work].",
        "{hero} painted a {colour} {animal}, and the {animal} thought the picture was its brother.",
        "proud",
    ),
    Plot(
        "news_for_the_ill",
        "[{hero} was ill and had to stay in bed.|{time} {hero} was ill, so {hero.he} could not go out."
        "|Achoo! {hero} was ill and stayed in bed.|{hero} was ill, and the day was very long."
        "|Everyone could go out to play, but {hero} was ill.] "
        "[More than anything|Most of all] {hero.he} wanted to go {place.to}. "
        "Then a {colour} {animal} [looked in at the window"
        "|knocked at the door] and brought news {place.off}. "
        '"{friend} [fell into a cake|lost a shoe and found two]," it said. '
        "{hero} laughed [a little|into the pillow]. "
        "The {animal} came [again the next day|every day], with more news and [a {thing}|some {food}]. "
        "On [Friday|Sunday] {hero} was well again, and {friend} said that [there was no cake at all"
        "|none of it was true]. "
        "{hero} was glad that the {animal} could [tell such stories|make things up].",
        "{hero} was ill, so a {colour} {animal} brought {hero.him} news {place.off}.",
        "glad",
    ),
    Plot(
        "the_old_map",
        "[{hero} found an old map in a book.|{time} {hero} found an old map under the floor."
        "|There was an old map behind the clock, and {hero} found it."
        "|{hero} cleaned {hero.his} house and found an old map."
        "|An old map fell out of a coat, and {hero} found it on the floor.] "
        'It said: "[Go left, to the treasure|Go left and find a treasure]!" '
        "{hero} showed the map to a {colour} {animal}, and they followed it {place.to}. "
        '"[I hope it is gold|I hope we can eat it]," said the {animal}. '
        "They looked everywhere and found a {thing}, hidden [in a hole|behind a wall]. "
        "{hero} [turned it round|looked closely] and saw {hero.his} own name. "
        '"[I hid it myself|I hid it last year], and then I forgot it," said {hero}. '
        "{hero} was surprised, and the {animal} asked what else {hero.he} had [hidden|forgotten].",
        "{hero} and a {colour} {animal} followed an old map and found {hero.his} own hidden {thing}.",
        "surprised",
    ),
    Plot(
        "the_forgotten_poem",
        "[{hero} had to say a poem {place.at}.|{time} {hero} stood up {place.at} to say a poem."
        "|{hero} knew {hero.his} poem very well, until {hero.he} stood {place.at}."
        "|Everybody came {place.to}, because {hero} had a poem to say."
        "|{hero} had learned a poem, and now everyone {place.at} looked at {hero.him}.] "
        "{friend} was in the first row [with a {thing}|and waved]. "
        "{hero} opened {hero.his} mouth, but {hero.he} forgot the poem, [every word of it"
        "|from beginning to end]. "
        "It was so quiet that {hero.he} could hear [a clock|{hero.his} own heart]. "
        'A {colour} {animal} behind {hero.him} whispered the next word: "[Potato|Soup]." '
        "{hero} [smiled|laughed], and then {hero.he} knew [it all|the poem] again. "
        "[In the end|At the end] everyone clapped, and {hero} felt brave. "
        '"[Was that the right word|Was it right]?" asked the {animal}. '
        '"[Not at all|No], but it helped," said {hero}.',
        "{hero} forgot {hero.his} poem {place.at}, but a {colour} {animal} whispered the next word.",
        "brave",
    ),
    Plot(
        "the_heavy_box",
        "[There was a heavy box {place.at}.|A heavy box stood {place.at}, and {hero} wanted to move it."
        "|{time} {hero} found a heavy box {place.at}."
        "|{hero} and {friend} had to move a heavy box {place.at}."
        "|The {thing} was under a heavy box {place.at}, and {hero} could not get it.] "
        "{hero} pushed from one side, and {friend} pushed [too|as hard as {friend.he} could]. "
        "They pushed [for an hour|for a long time], but the box did not move. "
        '"[Push harder|More]!" called {friend} from the other side. '
        "A {colour} {animal} looked [left, then right,|at both of them] and laughed. "
        '"[Two sides are too many|You have two sides there]," it said. '
        '"Try one." '
        "So they pushed together, and the box moved [at once|as if it had legs]. "
        "{hero} was tired, and the {animal} laughed [for a week|until it had hiccups].",
        "{hero} and {friend} pushed a heavy box from two sides, and a {colour} {animal} laughed.",
        "tired",
    ),
    Plot(
        "the_thief_who_was_lonely",
        "[Every day the {thing} was gone, and {hero} looked for it {place.at}."
        "|{hero} had a {thing} {place.at}, but every day it was gone."
        "|Somebody {place.at} took the {thing} every day, and {hero} wanted to know who."
        '|"Who takes my {thing} every day?" {hero} asked {place.at}.'
        "|On Monday the {thing} {place.at} was gone, and so it was every day.] "
        "So {hero} [hid under a table|hid behind a box] and waited. "
        "[Soon|After an hour] a {colour} {animal} came, took the {thing}, and [looked round|looked back]. "
        "It went very slowly, and {hero} followed [without a word|on {hero.his} toes]. "
        "[At the end|At last] there was a table with two cups [and two chairs|and some {food}]. "
        '"[At last|There you are]," said the {animal}. '
        '"I wanted you to follow me, because [I have no friends here|it is so quiet here]." '
        "{hero} was glad, and came again every day, but the {thing} [stayed at home|could stay at home].",
        "A {colour} {animal} took the {thing} every day and wanted {hero} to follow.",
        "glad",
    ),
    Plot(
        "the_wrong_day",
        "[{hero} was late and hurried {place.to}.|{hero} woke up late and hurried {place.to}."
        "|Late again, {hero} hurried {place.to} without breakfast."
        '|"I am late!" called {hero}, and hurried {place.to}.'
        "|With one shoe on, {hero} hurried {place.to}.] "
        "On the way {hero.he} lost [a sock|a button], found it, and almost forgot {hero.his} {thing}. "
        "It was very [quiet|still] {place.at}. "
        "Only a {colour} {animal} was there, [and it drank|with a cup of] tea. "
        '"[Where is everyone|Am I too late]?" asked {hero}. '
        '"It is [Sunday|Saturday]," it said. '
        '"You came on the wrong day." '
        "{hero} looked at {hero.his} two different socks and began to [laugh|smile]. "
        "So {hero.he} had a cup of tea, too, and was calm [for the rest of the day|at last].",
        "{hero} hurried {place.to}, but a {colour} {animal} said that it was the wrong day.",
        "calm",
    ),
    Plot(
        "counting_to_sleep",
        "[{hero} stayed {place.at} for the night and could not sleep."
        "|It was late {place.at}, but {hero} could not sleep."
        "|{hero} could not sleep, because the bed {place.at} was new."
        "|Everyone {place.at} was asleep, but {hero} could not sleep."
        "|{hero} turned left and right {place.at} and could not sleep.] "
        "[The blanket was too warm|The pillow was too hard], and the {thing} under it did not help. "
        "A {colour} {animal} [next to the bed|under the bed] opened one eye. "
        '"[I will count for you|Let me count]," it whispered. '
        "It counted slowly: one, two, three, [four|and so on]. "
        "At [nine|seven] it stopped, and {hero} waited for the next number. "
        "But the {animal} slept first, [with its mouth open|and it snored]. "
        "{hero} [smiled|laughed softly], felt calm, and counted the rest [alone|in the dark].",
        "{hero} could not sleep {place.at}, but a {colour} {animal} counted slowly and slept first.",
        "calm",
    ),
    Plot(
        "the_same_present",
        "[{hero} wanted to give {friend} a {thing}.|{hero} had a secret: a {thing} for {friend}."
        "|{time} {hero} made a {thing} for {friend}."
        "|A {thing} was the best present for {friend}, thought {hero}."
        "|{hero} looked for a present for {friend} and found a {thing}.] "
        "{hero.he} hid it {place.at} and told only a {colour} {animal}. "
        '"[I can keep a secret|Not a word]," it said, but it [laughed and laughed|had to laugh]. '
        "Soon {friend} came to the {animal} with a secret, too, and it laughed [even more|again]. "
        "[On Sunday|The next day] {hero} and {friend} gave each other a present. "
        "It was a {thing}, and [another {thing}|then one more]! "
        '"[Now|At last] I can tell you," said the {animal}, because it had kept the secret [all week'
        "|for so long]. "
        "{hero} was very surprised, and so was {friend}.",
        "{hero} and {friend} gave each other a {thing}, and a {colour} {animal} kept the secret.",
        "surprised",
    ),
    Plot(
        "nobody_believed_it",
        "[{hero} knew a talking {colour} {animal}, but nobody believed it."
        "|Nobody believed that {hero} knew a talking {colour} {animal}."
        '|"I know a talking {colour} {animal}," said {hero}, but nobody believed it.'
        "|{time} {hero} told {friend} about a talking {colour} {animal}, but nobody believed it."
        "|Nobody believed {hero}, but the {colour} {animal} really was talking.] "
        '"[And I know a singing {thing}|And my {thing} can sing]," said {friend}. '
        "So {hero} [took {friend}|went with {friend}] {place.to}. "
        "The {animal} looked at them and [said nothing|did not say a word]. "
        "{hero} [waited|asked nicely], and {friend} laughed [out loud|a little] and turned to go. "
        '"Good morning," it said then. '
        '"[My mouth was full|I do not talk when I eat]." '
        "{friend} [sat down|fell over] in surprise, and {hero} was very proud. "
        '"[And where is the singing {thing}|Can I talk to the {thing} now]?" asked the {animal}.',
        "Nobody believed {hero}, but then a talking {colour} {animal} said good morning.",
        "proud",
    ),
    Plot(
        "learning_to_whistle",
        "[{hero} could not whistle.|{friend} could whistle, but {hero} could not whistle at all."
        "|{time} {hero} tried and tried, but {hero.he} could not whistle."
        "|Everyone in the house could whistle, but {hero} could not."
        "|{hero} wanted to whistle a song, but {hero.he} could not.] "
        "When {hero.he} tried {place.at}, only a funny sound came out, like [a wet shoe|an old door"
        "|soup in a pot]. "
        '"[Try again|Once more]," said {friend}, and {hero} tried so hard that [the {thing} fell down'
        "|{hero.his} face went hot]. "
        "The funny sound called a {colour} {animal} {place.to}. "
        '"[Who sings so well|Who made that lovely sound]?" it asked. '
        "{friend} whistled [a song|high and low], but the {animal} did not [even look|turn round]. "
        "It wanted to hear {hero} [again|once more]. "
        "Now {hero} can whistle, but {hero.he} is happy to [know the old sound|do it wrong], too.",
        "{hero} could not whistle, but {hero.his} funny sound called a {colour} {animal} {place.to}.",
        "happy",
    ),
    Plot(
        "the_stall",
        "[A {colour} {animal} opened a stall {place.at}."
        "|{time} a {colour} {animal} opened a stall {place.at}."
        "|There was no stall {place.at}, so a {colour} {animal} opened one."
        '|"Come in, come in!" called a {colour} {animal} that opened a stall {place.at}.'
        "|{hero} was there when a {colour} {animal} opened a stall {place.at}.] "
        "It was a stall with one {thing} [and nothing else|on a table], and {hero} wanted [the {thing}"
        "|it] very much. "
        '"[How much is it|What does it cost]?" asked {hero}, and looked into {hero.his} empty [bag|hand]. '
        '"[It costs one song|One song, please]," said the {animal}. '
        "So {hero} paid with a song, [a long one with a happy end|about a king with no socks]. "
        "The {animal} [cried a little|clapped] and gave {hero} the {thing}. "
        '"[Now I must close|The stall is empty], because I have sold everything," it said. '
        "{hero} was glad and sang [all the way home|it again for nothing].",
        "A {colour} {animal} opened a stall {place.at}, and {hero} paid with a song.",
        "glad",
    ),
    Plot(
        "up_the_ladder",
        "[{hero} climbed a ladder {place.at} to get {hero.his} {thing}."
        "|{time} {hero} climbed a ladder {place.at}, because {hero.his} {thing} was up there."
        "|The {thing} was too high, so {hero} climbed a ladder {place.at}."
        '|"I can get my {thing}!" called {hero} {place.at}, and climbed a ladder.'
        "|Up and up {hero} climbed a ladder {place.at} for {hero.his} {thing}.] "
        "Going up was [easy|fun], but then {hero} looked down. "
        "[Everything was so small|{hero.his} legs felt like soup], and {hero.he} could not move. "
        "{friend} [called for help|held the ladder], and a {colour} {animal} came. "
        '"[What did you have for breakfast|What do you like to eat]?" it asked. '
        "{hero} told it about [bread and milk|eggs and jam], one step at a time, "
        "and so it helped {hero} down. "
        "{hero} felt brave, [and hungry|and a little hungry too]. "
        '"[And where is the {thing}|And the {thing}]?" asked {friend}.',
        "{hero} climbed a ladder {place.at}, and a {colour} {animal} helped {hero.him} down.",
        "brave",
    ),
)
