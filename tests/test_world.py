"""The lexicon inflects rightly, translations are one-to-one, and training never shows what is held out."""

from __future__ import annotations

import itertools
import random
import re
from collections import defaultdict

import pytest

from course_utils.pico.textbook import sentences, world
from course_utils.pico.textbook.world import Cast, fill, held_out

# Written down by hand. English, then form by form.
FINNISH_FORMS = """
fox gen ketun part kettua ill kettuun all ketulle ess kettuna
cat gen kissan ela kissasta abl kissalta
bear gen karhun ade karhulla
hedgehog gen siilin part siiliä all siilille
owl part pöllöä ine pöllössä ill pöllöön
hare gen jäniksen part jänistä ela jäniksestä
mouse gen hiiren part hiirtä ill hiireen
horse gen hevosen part hevosta all hevoselle
moose gen hirven part hirveä
duck gen ankan part ankkaa
frog gen sammakon part sammakkoa
wolf gen suden part sutta ill suteen ess sutena
bee gen mehiläisen part mehiläistä
pig gen sian part sikaa ade sialla
sheep gen lampaan part lammasta ill lampaaseen
bird gen linnun part lintua
seal gen hylkeen part hyljettä ill hylkeeseen
crow gen variksen part varista
red gen punaisen part punaista ine punaisessa ill punaiseen
green gen vihreän ela vihreästä
grey part harmaata ill harmaaseen ess harmaana
pink gen pinkin part pinkkiä
purple gen violetin ine violetissa
new gen uuden part uutta ill uuteen
wet gen märän part märkää
light gen kevyen part kevyttä
clean gen puhtaan part puhdasta ill puhtaaseen
warm gen lämpimän part lämmintä ine lämpimässä
beautiful gen kauniin part kaunista ill kauniiseen
strange gen oudon part outoa
forest fi_at metsässä fi_to metsään fi_off metsästä
town fi_at kaupungissa fi_to kaupunkiin
kitchen fi_at keittiössä fi_to keittiöön
shop fi_at kaupassa fi_to kauppaan
museum fi_at museossa fi_to museoon
beach fi_at rannalla fi_to rannalle fi_off rannalta gen rannan
hill fi_at mäellä fi_to mäelle part mäkeä
meadow fi_at niityllä gen niityn
field fi_at pellolla gen pellon
bridge fi_at sillalla fi_to sillalle
island fi_at saarella part saarta
lake fi_at järvellä fi_off järveltä
key gen avaimen part avainta
lamp gen lampun part lamppua
boat gen veneen part venettä ill veneeseen
letter gen kirjeen ela kirjeestä
bag gen laukun ine laukussa
shoe gen kengän part kenkää
ring gen sormuksen part sormusta
rope gen köyden part köyttä ill köyteen
drum gen rummun part rumpua
doll gen nuken part nukkea
phone gen puhelimen part puhelinta
stone part kiveä ill kiveen
bread gen leivän part leipää ela leivästä
chocolate part suklaata ela suklaasta
salad gen salaatin part salaattia
tired gen väsyneen part väsynyttä
sailor gen merimiehen part merimiestä ess merimiehenä
cook gen kokin ess kokkina abl kokilta
Otto gen Oton part Ottoa all Otolle ade Otolla
Antti gen Antin part Anttia
Ben gen Benin part Beniä ade Benillä
Anna gen Annan part Annaa ade Annalla
"""
BY_ENGLISH = {word.en: word for word in world.WORDS}
CASES = ("nom", "gen", "part", "ill", "ine", "ela", "ade", "abl", "all", "ess")


def drawn(split: str, count: int, seed: int = 7):
    rng = random.Random(seed)
    return [(rng, Cast.draw(rng, split)) for _ in range(count)]


def test_finnish_forms():
    for english, *rest in map(str.split, FINNISH_FORMS.strip().splitlines()):
        forms = dict(zip(rest[::2], rest[1::2], strict=True))
        assert {case: getattr(BY_ENGLISH[english], case) for case in forms} == forms


def test_no_two_words_share_a_form():
    owners = defaultdict(set)
    for word in world.WORDS:
        for case in CASES:
            owners[getattr(word, case)].add(word.en)
    assert {form: words for form, words in owners.items() if len(words) > 1} == {}
    assert len(BY_ENGLISH) == len(world.WORDS)


def test_finnish_endings_keep_vowel_harmony():
    for word in world.WORDS:
        assert {word.part[-1], word.ine[-1]} <= {"a", "ä"}
        assert word.part[-1] == word.ine[-1], word.en


# ------------------------------------------------------------------------------------------- the split


def test_training_never_shows_a_held_out_pair():
    for _, cast in drawn("train", 3000):
        members = [word.en for word in vars(cast).values()]
        clashes = [pair for pair in itertools.combinations(members, 2) if held_out(*pair)]
        assert clashes == []


def test_every_test_cast_shows_a_held_out_pair():
    for _, cast in drawn("test", 1000):
        core = [getattr(cast, role).en for role in ("hero", "animal", "colour", "place", "thing")]
        assert any(held_out(*pair) for pair in itertools.combinations(core, 2))


def test_held_out_is_symmetric_and_takes_about_a_sixteenth():
    pairs = list(itertools.product(world.ANIMALS, world.PLACES))
    assert all(held_out(a.en, b.en) == held_out(b.en, a.en) for a, b in pairs)
    assert 0.03 < sum(held_out(a.en, b.en) for a, b in pairs) / len(pairs) < 0.10


def test_casts_have_different_members_and_use_the_whole_lexicon():
    seen = set()
    for _, cast in drawn("train", 4000):
        assert cast.hero is not cast.friend and cast.animal is not cast.animal2
        assert cast.place is not cast.place2 and cast.thing is not cast.thing2
        seen |= {word.en for word in vars(cast).values()}
    assert seen >= set(BY_ENGLISH)


def test_draw_refuses_an_unknown_split():
    with pytest.raises(ValueError, match="train"):
        Cast.draw(random.Random(1), "dev")


# ------------------------------------------------------------------------------------------- templates


def cast_with(**members) -> Cast:
    cast = Cast.draw(random.Random(3), "train")
    for role, english in members.items():
        setattr(cast, role, BY_ENGLISH[english])
    return cast


def test_fill_writes_articles_and_capitals():
    cast = cast_with(hero="Leo", friend="Otto", animal="owl", animal2="fox", colour="orange", place="beach")
    cast.thing = BY_ENGLISH["umbrella"]
    for template, text in (
        ("a {animal} and a {animal2}. a {colour} {thing}.", "An owl and a fox. An orange umbrella."),
        ("{place.at} {hero} saw {hero.his} {thing}.", "On the beach Leo saw his umbrella."),
        ('{hero}: "the {animal} is here." then {hero.he} ran.', 'Leo: "The owl is here." Then he ran.'),
        ('"where is it?" asked the {animal}.', '"Where is it?" asked the owl.'),
        ("{friend} thanked {hero.him}! it was a {animal}.", "Otto thanked him! It was an owl."),
    ):
        assert fill(template, cast, random.Random(1)) == text


def test_fill_chooses_every_choice():
    cast, rng = cast_with(animal="fox"), random.Random(1)
    filled = {fill("[the|a|one] {animal}[|!]", cast, rng) for _ in range(100)}
    assert filled == {f"{word} fox{mark}" for word in ("The", "A", "One") for mark in ("", "!")}


# --------------------------------------------------------------------------------------- translations


def test_translations_written_by_hand():
    cast = cast_with(hero="Otto", friend="Antti", animal="seal", colour="red", adj="new", job="cook")
    cast.thing, cast.place, cast.place2 = (BY_ENGLISH[word] for word in ("rope", "beach", "forest"))
    for english, finnish in (
        ("{hero} sees a {colour} {animal}.", "Otto näkee punaisen hylkeen."),
        ("{hero} looks for the {adj} {colour} {thing}.", "Otto etsii uutta punaista köyttä."),
        ("{hero} gives a {thing} to {friend}.", "Otto antaa köyden Antille."),
        ("{hero} has two {colour} {thing.plural}.", "Otolla on kaksi punaista köyttä."),
        ("The {animal} sleeps in the {colour} house.", "Hylje nukkuu punaisessa talossa."),
        ("{hero} walked {place.off} {place2.to}.", "Otto käveli rannalta metsään."),
        ("{hero} does not have a {thing}.", "Otolla ei ole köyttä."),
        ("{hero} works as a {job} {place.at}.", "Otto työskentelee kokkina rannalla."),
        ("{hero} touches the {colour} {thing}.", "Otto koskee punaiseen köyteen."),
    ):
        pattern = next(p for p in sentences.PATTERNS if p[0] == english)
        assert sentences.pair(random.Random(1), cast, pattern)[1] == finnish


def test_translation_is_one_to_one():
    """Also when articles are struck out: the Finnish must not have to guess them."""
    finnish_of, english_of = defaultdict(set), defaultdict(set)
    bare = defaultdict(set)
    for split in ("train", "test"):
        for rng, cast in drawn(split, 8000, seed=11):
            pairs = [sentences.pair(rng, cast), sentences.pair(rng, cast, rng.choice(sentences.SIMPLE))]
            for english, finnish in pairs:
                finnish_of[english].add(finnish)
                english_of[finnish].add(english)
                bare[re.sub(r"\b(a|an|the) ", "", english.lower())].add(finnish)
    assert len(finnish_of) > 20_000
    for table in (finnish_of, english_of, bare):
        assert [(key, values) for key, values in table.items() if len(values) > 1] == []


def test_patterns_agree_for_one_cast():
    """Every pattern about the same cast, compared with every other: no two translations contradict."""
    for rng, cast in drawn("train", 40):
        rows = [sentences.pair(rng, cast, pattern) for pattern in sentences.PATTERNS]
        rows += [sentences.pair(rng, cast, p) for story in sentences.STORIES["positive"] for p in story]
        rows += [sentences.pair(rng, cast, p) for story in sentences.STORIES["negative"] for p in story]
        rows = set(rows)
        assert len({english for english, _ in rows}) == len({finnish for _, finnish in rows}) == len(rows)


def test_sentences_look_like_sentences():
    for rng, cast in drawn("train", 5000):
        for text in sentences.pair(rng, cast):
            assert text[0].isupper() and text[-1] in ".!?"
            assert "  " not in text and not re.search(r"[{}\[\]=]|[A-ZÄÖ]{2}", text)
            assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]", text)


def test_both_languages_of_a_pattern_name_the_same_members():
    for pattern in (*sentences.PATTERNS, *itertools.chain(*itertools.chain(*sentences.STORIES.values()))):
        english, finnish = (sorted(re.findall(r"\{(\w+)", text)) for text in pattern)
        assert english == finnish, pattern


def test_templates_write_no_word_that_could_be_held_out():
    """A word of the lexicon in a template's own text would slip past the split."""
    split_words = {w.en for kind in (world.ANIMALS, world.COLOURS, world.PLACES, world.THINGS) for w in kind}
    for pattern in (*sentences.PATTERNS, *itertools.chain(*itertools.chain(*sentences.STORIES.values()))):
        own = set(re.findall(r"[a-z]+", re.sub(r"\{[^}]*\}", " ", pattern[0]).lower()))
        assert not own & split_words, pattern


def test_no_pattern_comes_twice():
    english, finnish = zip(*sentences.PATTERNS, strict=True)
    assert len(set(english)) == len(set(finnish)) == len(sentences.PATTERNS)


def test_stories_have_their_cast():
    openings = set()
    for rng, cast in drawn("test", 400):
        english, finnish = sentences.finnish_story(rng, cast)
        assert 4 <= len(re.findall(r"[.!?](?: |$)", english)) <= 6
        for word in (cast.hero, cast.animal, cast.colour, cast.place, cast.thing, cast.feeling):
            assert re.search(rf"\b{word.en}\b", english), english
        assert cast.animal.nom in finnish.lower() and cast.hero.en in finnish
        openings.add(english.split(".")[0])
    assert len(openings) > 300
