"""Facts the pico models know: one part about language models, one part about the made-up town of Pikola.

This file is data. The textbook shows a fact as a question and an answer, in several wordings; `_term` and
`_ask` write the common wordings, each fact adds its own. Facts with `left_out=True` never appear in training:
asking for them shows what a model does when it cannot know the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True)
class Fact:
    """One thing to know: several ways to ask for it, one answer, and for some the same pair in Finnish."""

    key: str
    questions: tuple[str, ...]
    answer: str
    left_out: bool = False
    finnish: tuple[str, str] | None = None


# The lengths of both lists are prime, so that steps of two (see _some) never meet the same form twice.
_TERM_FORMS = (
    "Explain {a} to me.",
    "What does {bare} mean?",
    "Tell me what {a} is.",
    "Can you explain {a}?",
    "Define {bare}.",
    "What do you mean by {bare}?",
    "Please explain what {a} is.",
    "What is {a} in plain words?",
    "Do you know what {a} is?",
    "How would you describe {a}?",
    "I want to know what {a} is.",
)
_ASK_FORMS = (
    "Tell me {it}.",
    "Do you know {it}?",
    "Can you tell me {it}?",
    "I would like to know {it}.",
    "Please tell me {it}.",
    "I wonder {it}.",
    "Could you say {it}?",
)


def _some(forms: tuple[str, ...], seed: str, count: int) -> list[str]:
    """Pick `count` different forms, always the same ones for the same seed text."""
    start = crc32(seed.encode())
    return [forms[(start + 2 * i) % len(forms)] for i in range(count)]


def _term(noun: str, *more: str) -> tuple[str, ...]:
    """Wordings that ask what `noun` is; write it with its article, as in "a token"."""
    article, _, rest = noun.partition(" ")
    bare = rest if article in ("a", "an", "the") else noun
    chosen = [form.format(a=noun, bare=bare) for form in _some(_TERM_FORMS, noun, 4)]
    return (f"What is {noun}?", f"What's {noun}?", *chosen, *more)


def _ask(question: str, indirect: str, *more: str) -> tuple[str, ...]:
    """Wordings of a whole question; `indirect` is the same question as it stands after "Tell me"."""
    return (question, *(form.format(it=indirect) for form in _some(_ASK_FORMS, question, 3)), *more)


COURSE_FACTS: tuple[Fact, ...] = (
    # Models and text
    Fact(
        "small_language_model",
        _term("a small language model", "What is an SLM?", "What does SLM stand for?"),
        "A small language model is a language model small enough to run on an ordinary computer or a phone.",
        finnish=(
            "Mikä on pieni kielimalli?",
            "Pieni kielimalli on niin pieni, että se toimii tavallisella tietokoneella tai puhelimessa.",
        ),
    ),
    Fact(
        "large_language_model",
        _term("a large language model", "What is an LLM?", "What does LLM stand for?"),
        "A large language model is one with very many parameters; it usually runs in a data centre.",
        finnish=(
            "Mikä on suuri kielimalli?",
            "Suuressa kielimallissa on hyvin paljon parametreja, ja se toimii yleensä konesalissa.",
        ),
    ),
    Fact(
        "language_model",
        _term("a language model", "How does a language model work?"),
        "A language model is a program that has learned from text which token is likely to come next.",
        finnish=(
            "Mikä on kielimalli?",
            "Kielimalli on ohjelma, joka on oppinut tekstistä, mikä token todennäköisesti tulee seuraavaksi.",
        ),
    ),
    Fact(
        "why_small",
        _ask(
            "Why use a small language model?",
            "why people use a small language model",
            "What are small language models good for?",
            "What is good about a small language model?",
        ),
        "A small language model is cheap and quick, and it can run on your own machine without the internet.",
        finnish=(
            "Miksi käyttää pientä kielimallia?",
            "Pieni kielimalli on halpa ja nopea, ja se voi toimia omalla koneellasi ilman internetiä.",
        ),
    ),
    Fact(
        "token",
        _term("a token", "What are tokens?"),
        "A token is a piece of text that a language model reads: a word or a part of a word.",
        finnish=("Mikä on token?", "Token on tekstin pala, jonka kielimalli lukee: sana tai sanan osa."),
    ),
    Fact(
        "tokenizer",
        _term("a tokenizer", "What does a tokenizer do?"),
        "A tokenizer cuts text into tokens and gives every token a number that the model can read.",
        finnish=(
            "Mikä on tokenisoija?",
            "Tokenisoija pilkkoo tekstin tokeneiksi ja antaa niille numerot, joita malli osaa lukea.",
        ),
    ),
    Fact(
        "vocabulary",
        _term("the vocabulary of a model", "Which tokens does a model know?"),
        "The vocabulary is the list of all tokens that a model knows.",
        finnish=("Mikä on mallin sanasto?", "Sanasto on luettelo kaikista tokeneista, jotka malli tuntee."),
    ),
    Fact(
        "special_token",
        _term("a special token", "What are special tokens for?"),
        "A special token is a mark for the model, not text: it shows where a message begins or ends.",
    ),
    Fact(
        "parameter",
        _term("a parameter", "What are parameters?", "What are the parameters of a model?"),
        "A parameter is a number inside the model that training changes, so that the answers get better.",
        finnish=(
            "Mikä on parametri?",
            "Parametri on mallin sisällä oleva luku, jota koulutus muuttaa, jotta vastaukset paranevat.",
        ),
    ),
    Fact(
        "weights",
        (
            "What are weights?",
            "What are the weights of a model?",
            "Explain model weights to me.",
            "Tell me what weights are.",
            "What does the word weights mean here?",
            "Do you know what weights are?",
        ),
        "Weights are the learned numbers of a model; nearly all of its parameters are weights.",
    ),
    Fact(
        "prompt",
        _term("a prompt", "What are prompts?"),
        "A prompt is the text that you give to a language model and that it answers or continues.",
        finnish=(
            "Mikä on kehote?",
            "Kehote on teksti, jonka annat kielimallille ja johon se vastaa tai jota se jatkaa.",
        ),
    ),
    Fact(
        "context_window",
        _term("the context window", "What is the context of a model?", "What does context length mean?"),
        "The context window is the largest number of tokens that a model can look at in one go.",
        finnish=(
            "Mikä on konteksti-ikkuna?",
            "Konteksti-ikkuna kertoo, kuinka monta tokenia malli voi enintään katsoa yhdellä kertaa.",
        ),
    ),
    Fact(
        "chat_template",
        _term("a chat template", "What does a chat template do?"),
        "A chat template puts marks around the messages, so that the model sees who said what.",
        finnish=(
            "Mikä on keskustelupohja?",
            "Keskustelupohja lisää viesteihin merkit, joista malli näkee, kuka sanoi mitäkin.",
        ),
    ),
    Fact(
        "system_message",
        _term("a system message", "What is a system prompt?", "What is the system message for?"),
        "A system message comes first in a chat and tells the model how to behave.",
        finnish=(
            "Mikä on järjestelmäviesti?",
            "Järjestelmäviesti on keskustelun ensimmäinen viesti, joka kertoo mallille, miten toimia.",
        ),
    ),
    # Inside the model
    Fact(
        "neural_network",
        _term("a neural network", "What are neural networks?"),
        "A neural network is a program of many small calculations whose numbers are learned from examples.",
        finnish=(
            "Mikä on neuroverkko?",
            "Neuroverkko on monesta pienestä laskusta tehty ohjelma, jonka luvut on opittu esimerkeistä.",
        ),
    ),
    Fact(
        "transformer",
        _term("a transformer model", "What is a transformer?"),
        "A transformer model is a neural network whose layers use attention to connect the tokens of a text.",
    ),
    Fact(
        "attention",
        _term("attention in a language model", "What is attention?", "What does attention do?"),
        "Attention lets the model look back at earlier tokens and weigh which of them matter now.",
        finnish=(
            "Mikä on huomiomekanismi?",
            "Huomiomekanismilla malli katsoo aiempia tokeneita ja punnitsee, mitkä niistä ovat nyt tärkeitä.",
        ),
    ),
    Fact(
        "sliding_window",
        _term("sliding window attention", "What does a sliding window do?"),
        "With a sliding window each token looks back only at a fixed number of earlier tokens.",
    ),
    Fact(
        "layer",
        _term("a layer", "What are the layers of a model?"),
        "A layer is one step of a model; the text passes through many layers, one after another.",
        finnish=(
            "Mikä on mallin kerros?",
            "Kerros on yksi mallin vaihe; teksti kulkee monen kerroksen läpi peräkkäin.",
        ),
    ),
    Fact(
        "embedding",
        _term("an embedding", "What are embeddings?"),
        "An embedding is a list of numbers that stands for a token or a text.",
        finnish=("Mikä on upotus?", "Upotus on lukujono, joka edustaa tokenia tai tekstiä."),
    ),
    Fact(
        "decoder_only",
        _term("a decoder-only model", "What does decoder-only mean?"),
        "A decoder-only model reads the text from left to right and predicts the next token.",
    ),
    Fact(
        "next_token_prediction",
        _term("next-token prediction", "What does a language model predict?"),
        "Next-token prediction means guessing the token that follows a text, again and again.",
        finnish=(
            "Mitä seuraavan tokenin ennustaminen tarkoittaa?",
            "Malli arvaa, mikä token seuraa tekstiä, ja tekee sen yhä uudelleen.",
        ),
    ),
    Fact(
        "expert",
        _term("an expert in a model", "What are experts in a language model?"),
        "An expert is one of several small networks in a layer of a mixture-of-experts model.",
    ),
    Fact(
        "router",
        _term("a router in a model", "What does the router do?", "Who chooses the experts?"),
        "A router picks, for every token, the few experts of a layer that shall work on it.",
        finnish=(
            "Mikä on reititin MoE-mallissa?",
            "Reititin valitsee jokaiselle tokenille ne kerroksen asiantuntijat, jotka käsittelevät sen.",
        ),
    ),
    Fact(
        "mixture_of_experts",
        _term("a mixture of experts", "What is MoE?", "What does MoE stand for?"),
        "A mixture of experts is a model that uses only a few of its experts for each token.",
        finnish=(
            "Mikä on MoE-malli?",
            "MoE-malli käyttää jokaiseen tokeniin vain muutamaa asiantuntijoistaan.",
        ),
    ),
    Fact(
        "vision_model",
        _term("a vision language model", "What does a vision model do?"),
        "A vision language model reads pictures as well as text and answers in text.",
    ),
    Fact(
        "patch",
        _term("a patch of a picture", "What is an image patch?"),
        "A patch is a small square of a picture that a vision model reads like a piece of text.",
    ),
    # Writing an answer
    Fact(
        "inference",
        _term("inference", "What happens during inference?"),
        "Inference means using a trained model to get an answer; its parameters do not change.",
        finnish=(
            "Mitä inferenssi tarkoittaa?",
            "Inferenssi tarkoittaa, että valmis malli antaa vastauksen; sen parametrit eivät muutu.",
        ),
    ),
    Fact(
        "kv_cache",
        _term("the KV cache", "What is the KV cache for?"),
        "The KV cache keeps the keys and values of earlier tokens, so the model need not compute them again.",
        finnish=(
            "Mikä on KV-välimuisti?",
            "KV-välimuisti säilyttää aiempien tokenien avaimet ja arvot, jottei mallin tarvitse laskea niitä"
            " uudelleen.",
        ),
    ),
    Fact(
        "prefill",
        _term("prefill", "What happens during prefill?"),
        "Prefill is the first step of answering: the model reads the whole prompt and fills the KV cache.",
    ),
    Fact(
        "decode",
        _term("the decode step", "What happens during decode?", "What does decode mean?"),
        "Decode is the second step of answering: the model writes its answer one token after another.",
    ),
    Fact(
        "logits",
        (
            "What are logits?",
            "What does logits mean?",
            "Explain logits to me.",
            "Tell me what logits are.",
            "Can you explain what logits are?",
            "Define logits.",
        ),
        "Logits are the scores that the model gives to every token of its vocabulary before it chooses one.",
    ),
    Fact(
        "softmax",
        _term("softmax", "What does softmax do?"),
        "Softmax turns the logits into probabilities that add up to one.",
    ),
    Fact(
        "temperature",
        _term("temperature in a language model", "What is temperature?", "What does the temperature do?"),
        "Temperature sets how bold the choice of the next token is: low is careful, high is surprising.",
        finnish=(
            "Mitä lämpötila tarkoittaa kielimallissa?",
            "Lämpötila säätää, kuinka rohkeasti token valitaan: matala on varovainen, korkea yllättävä.",
        ),
    ),
    Fact(
        "top_k",
        _term("top-k", "How does top-k sampling work?"),
        "With top-k the model draws the next token only from the k most likely tokens.",
    ),
    Fact(
        "top_p",
        _term("top-p", "How does top-p sampling work?"),
        "With top-p the model draws from the smallest group of likely tokens whose probabilities reach p.",
    ),
    Fact(
        "min_p",
        _term("min-p", "How does min-p sampling work?"),
        "Min-p throws away every token that is much less likely than the most likely one.",
        left_out=True,
    ),
    Fact(
        "greedy_decoding",
        _term("greedy decoding", "How does greedy decoding work?"),
        "Greedy decoding always takes the most likely token, so the same prompt gives the same answer.",
        finnish=(
            "Mitä ahne haku tarkoittaa?",
            "Ahne haku valitsee aina todennäköisimmän tokenin, joten sama kehote antaa saman vastauksen.",
        ),
    ),
    Fact(
        "beam_search",
        _term("beam search", "How does beam search work?"),
        "Beam search follows several possible texts at once and keeps the ones with the best total score.",
    ),
    Fact(
        "sampling",
        _term("sampling", "How does sampling work?"),
        "Sampling means drawing the next token by chance, so that likely tokens come up more often.",
        finnish=(
            "Mitä otanta tarkoittaa kielimallissa?",
            "Otannassa seuraava token arvotaan niin, että todennäköiset tokenit tulevat useammin.",
        ),
    ),
    Fact(
        "repetition_penalty",
        _term("a repetition penalty", "What does a repetition penalty do?"),
        "A repetition penalty lowers the scores of tokens already used, so that the text repeats less.",
    ),
    Fact(
        "seed",
        _term("a seed", "What does the seed do?"),
        "A seed is a number that fixes the chance, so that sampling gives the same text again.",
        finnish=(
            "Mikä on siemenluku?",
            "Siemenluku on luku, joka kiinnittää sattuman, jotta otanta antaa saman tekstin uudelleen.",
        ),
    ),
    Fact(
        "stopping",
        _ask(
            "How does a model know when to stop?",
            "how a model knows when to stop",
            "When does a language model stop writing?",
            "Why does the model stop?",
        ),
        "The model stops when it chooses the special token that marks the end of the answer.",
    ),
    Fact(
        "speculative_decoding",
        _term("speculative decoding", "How does speculative decoding work?"),
        "In speculative decoding a small model guesses some tokens ahead and a bigger model checks them.",
    ),
    Fact(
        "streaming",
        _term("streaming", "What does streaming an answer mean?"),
        "Streaming shows an answer piece by piece while the model is still writing it.",
        finnish=(
            "Mitä vastauksen suoratoisto tarkoittaa?",
            "Suoratoisto näyttää vastauksen pala palalta, kun malli vielä kirjoittaa sitä.",
        ),
    ),
    Fact(
        "time_to_first_token",
        _term("the time to first token", "What does TTFT mean?"),
        "Time to first token is how long you wait before the first piece of the answer appears.",
    ),
    Fact(
        "tokens_per_second",
        (
            "What does tokens per second mean?",
            "What are tokens per second?",
            "Explain tokens per second to me.",
            "Tell me what tokens per second means.",
            "How do you measure the speed of a language model?",
        ),
        "Tokens per second tells how fast a model reads a prompt or writes an answer.",
    ),
    Fact(
        "latency",
        _term("latency", "What does low latency mean?"),
        "Latency is the time that passes between your question and the answer.",
        finnish=("Mitä viive tarkoittaa?", "Viive on aika, joka kuluu kysymyksesi ja vastauksen välillä."),
    ),
    Fact(
        "throughput",
        _term("throughput", "What does high throughput mean?"),
        "Throughput is the amount of work that a system does in a given time, for all its users together.",
        left_out=True,
    ),
    # Making models small
    Fact(
        "quantization",
        _term("quantization", "What does quantization do?"),
        "Quantization stores the parameters of a model with fewer bits, so that it needs less memory.",
        finnish=(
            "Mitä kvantisointi tarkoittaa?",
            "Kvantisointi tallentaa mallin parametrit vähemmillä biteillä, joten malli vie vähemmän muistia.",
        ),
    ),
    Fact(
        "int4",
        _term("int4", "What is an int4 model?"),
        "Int4 means that each weight is stored in four bits, about a quarter of the space of sixteen bits.",
    ),
    Fact(
        "int8",
        _term("int8", "What is an int8 model?"),
        "Int8 means that each weight is stored in eight bits, about half the space of sixteen bits.",
        left_out=True,
    ),
    Fact(
        "distillation",
        _term("distillation", "How does distillation work?"),
        "In distillation a small student model learns from the answers of a bigger teacher model.",
        finnish=(
            "Mitä tislaus tarkoittaa?",
            "Tislauksessa pieni oppilasmalli oppii suuremman opettajamallin vastauksista.",
        ),
    ),
    Fact(
        "pruning",
        _term("pruning", "How does pruning work?"),
        "Pruning removes those parts of a model that matter little, so that it becomes smaller.",
        left_out=True,
    ),
    # Programs and files
    Fact(
        "onnx",
        _term("ONNX", "What is ONNX good for?"),
        "ONNX is an open file format for models, so that many programs can run the same model.",
        finnish=(
            "Mikä on ONNX?",
            "ONNX on avoin tiedostomuoto malleille, jotta monet ohjelmat voivat ajaa samaa mallia.",
        ),
    ),
    Fact(
        "onnx_runtime",
        _term("ONNX Runtime", "What does ONNX Runtime do?"),
        "ONNX Runtime is a fast engine from Microsoft that runs models stored in the ONNX format.",
        finnish=(
            "Mikä on ONNX Runtime?",
            "ONNX Runtime on Microsoftin nopea moottori, joka ajaa ONNX-muotoon tallennettuja malleja.",
        ),
    ),
    Fact(
        "transformers_library",
        _term("the Transformers library", "What is Transformers?", "Who makes the Transformers library?"),
        "Transformers is an open Python library from Hugging Face for loading, training and running models.",
        finnish=(
            "Mikä on Transformers-kirjasto?",
            "Transformers on Hugging Facen avoin Python-kirjasto, jolla malleja koulutetaan ja ajetaan.",
        ),
    ),
    Fact(
        "ollama",
        _term("Ollama", "What can I do with Ollama?"),
        "Ollama is a program that downloads language models and runs them on your own computer.",
        finnish=(
            "Mikä on Ollama?",
            "Ollama on ohjelma, joka lataa kielimalleja ja ajaa niitä omalla koneellasi.",
        ),
    ),
    Fact(
        "gguf",
        _term("GGUF", "What is inside a GGUF file?"),
        "GGUF is a file format that keeps a model, its tokenizer and its settings in one file.",
    ),
    Fact(
        "safetensors",
        _term("safetensors", "Why is safetensors safe?"),
        "Safetensors is a file format for the weights of a model; loading such a file runs no code.",
    ),
    # Training
    Fact(
        "training",
        _term("training", "How is a language model trained?", "How does a model learn?"),
        "Training shows a model many examples and changes its parameters so that its guesses get better.",
        finnish=(
            "Mitä mallin koulutus tarkoittaa?",
            "Koulutuksessa malli näkee esimerkkejä, ja sen parametreja muutetaan, jotta arvaukset paranevat.",
        ),
    ),
    Fact(
        "fine_tuning",
        _term("fine-tuning", "What does fine-tuning a model mean?"),
        "Fine-tuning trains a finished model a little more on new examples, so that it learns a task.",
        finnish=(
            "Mitä hienosäätö tarkoittaa?",
            "Hienosäätö kouluttaa valmista mallia lisää uusilla esimerkeillä, jotta se oppii tehtävän.",
        ),
    ),
    Fact(
        "lora",
        _term("LoRA", "How does LoRA work?"),
        "LoRA is a cheap way to fine-tune: it freezes the model and trains only small added matrices.",
    ),
    Fact(
        "loss",
        _term("the loss", "What does the loss tell us?"),
        "The loss is a number that tells how wrong the model's guesses are; training makes it smaller.",
        finnish=(
            "Mikä on häviö koulutuksessa?",
            "Häviö on luku, joka kertoo, kuinka väärässä mallin arvaukset ovat; koulutus pienentää sitä.",
        ),
    ),
    Fact(
        "gradient",
        _term("a gradient", "What does the gradient tell us?"),
        "A gradient tells for each parameter how the loss changes when that parameter changes a little.",
    ),
    Fact(
        "learning_rate",
        _term("the learning rate", "What does the learning rate do?"),
        "The learning rate sets how big a step each parameter takes when training changes it.",
        left_out=True,
    ),
    Fact(
        "epoch",
        _term("an epoch", "How long is an epoch?"),
        "An epoch is one pass of training through the whole data set.",
    ),
    Fact(
        "batch",
        _term("a batch", "What does batch size mean?"),
        "A batch is a group of examples that the model works on at the same time.",
    ),
    Fact(
        "overfitting",
        _term("overfitting", "When does a model overfit?"),
        "Overfitting means that a model learns its examples by heart and does badly on new ones.",
        finnish=(
            "Mitä ylisovittaminen tarkoittaa?",
            "Ylisovittaminen tarkoittaa, että malli oppii esimerkit ulkoa ja pärjää huonosti uusilla.",
        ),
    ),
    Fact(
        "held_out_set",
        _term("a held-out set", "What is a held-out set for?"),
        "A held-out set is a group of examples kept away from training, to test the model fairly.",
    ),
    Fact(
        "benchmark",
        _term("a benchmark", "What are benchmarks for?"),
        "A benchmark is a fixed set of tasks that lets you compare models with one another.",
    ),
    Fact(
        "perplexity",
        _term("perplexity", "What does the perplexity tell us?"),
        "Perplexity tells how much a text surprises the model; a lower number is better.",
        left_out=True,
    ),
    # Phi
    Fact(
        "phi",
        _term("Phi", "What are the Phi models?", "What is the Phi family?"),
        "Phi is Microsoft's family of small language models; the first one, Phi-1, came in 2023.",
        finnish=(
            "Mikä on Phi?",
            "Phi on Microsoftin pienten kielimallien perhe; ensimmäinen, Phi-1, ilmestyi vuonna 2023.",
        ),
    ),
    Fact(
        "phi_3",
        _term("Phi-3", "What are the Phi-3 models?"),
        "Phi-3 is a family of small language models that Microsoft released in 2024.",
        finnish=("Mikä on Phi-3?", "Phi-3 on Microsoftin vuonna 2024 julkaisema pienten kielimallien perhe."),
    ),
    Fact(
        "phi_3_5",
        _term("Phi-3.5", "Which models belong to Phi-3.5?"),
        "Phi-3.5 is a family from August 2024: a mini model, a vision model and a mixture of experts.",
    ),
    Fact(
        "phi_4",
        _term("Phi-4", "What is the Phi-4 model?"),
        "Phi-4 is a Microsoft language model from December 2024 with about 14.7 billion parameters.",
        left_out=True,
    ),
    Fact(
        "phi_maker",
        _ask("Who makes Phi?", "who makes Phi", "Which company made Phi-3?", "Who made the Phi models?"),
        "Microsoft makes the Phi models and publishes the weights of most of them.",
        finnish=(
            "Kuka tekee Phi-mallit?",
            "Microsoft tekee Phi-mallit ja julkaisee niistä useimpien painot.",
        ),
    ),
    Fact(
        "phi_3_licence",
        _ask(
            "Which licence does Phi-3 have?",
            "which licence Phi-3 has",
            "May I use Phi-3 freely?",
            "What is the license of Phi-3?",
        ),
        "The Phi-3 models have the MIT licence: you may use, change and share them.",
        finnish=(
            "Mikä lisenssi Phi-3:lla on?",
            "Phi-3-malleilla on MIT-lisenssi: niitä saa käyttää, muuttaa ja jakaa.",
        ),
    ),
    Fact(
        "phi_3_data",
        _ask(
            "What was Phi-3 trained on?",
            "what Phi-3 was trained on",
            "Which texts did Phi-3 learn from?",
            "What is the training data of Phi-3?",
        ),
        "Phi-3 was trained on carefully filtered web text and on textbook-like text written by other models.",
        finnish=(
            "Millä aineistolla Phi-3 koulutettiin?",
            "Phi-3 koulutettiin tarkasti suodatetulla verkkotekstillä ja muiden mallien kirjoittamalla"
            " oppikirjamaisella tekstillä.",
        ),
    ),
    Fact(
        "phi_3_mini_parameters",
        _ask(
            "How many parameters does Phi-3-mini have?",
            "how many parameters Phi-3-mini has",
            "How big is Phi-3-mini?",
            "What is the size of Phi-3-mini?",
        ),
        "Phi-3-mini has about 3.8 billion parameters, which is small for a language model.",
        finnish=("Montako parametria Phi-3-minissä on?", "Phi-3-minissä on noin 3,8 miljardia parametria."),
    ),
    Fact(
        "phi_3_medium_parameters",
        _ask(
            "How many parameters does Phi-3-medium have?",
            "how many parameters Phi-3-medium has",
            "How big is Phi-3-medium?",
            "What is the size of Phi-3-medium?",
        ),
        "Phi-3-medium has about 14 billion parameters, more than three times as many as Phi-3-mini.",
        left_out=True,
    ),
    Fact(
        "phi_3_mini_context",
        _ask(
            "How long is the context of Phi-3-mini?",
            "how long the context of Phi-3-mini is",
            "How many tokens can Phi-3-mini read at once?",
            "What is the context length of Phi-3-mini?",
        ),
        "One version of Phi-3-mini reads 4,096 tokens at once, the other one reads 131,072 tokens.",
    ),
    Fact(
        "phi_3_mini_memory",
        _ask(
            "How much memory do the weights of Phi-3-mini need?",
            "how much memory the weights of Phi-3-mini need",
            "How many gigabytes does Phi-3-mini take?",
        )
        + ("How much memory does Phi-3-mini need?",),
        "In 16 bits the weights of Phi-3-mini need about 7.6 gigabytes.",
    ),
    Fact(
        "phi_3_5_mini_languages",
        _ask(
            "How many languages does Phi-3.5-mini support?",
            "how many languages Phi-3.5-mini supports",
            "Does Phi-3.5-mini speak Finnish?",
            "Which languages does Phi-3.5-mini know?",
        ),
        "Phi-3.5-mini supports 23 languages, and Finnish is one of them.",
        finnish=(
            "Osaako Phi-3.5-mini suomea?",
            "Kyllä. Phi-3.5-mini tukee 23 kieltä, ja suomi on yksi niistä.",
        ),
    ),
    Fact(
        "phi_3_5_moe_experts",
        _ask(
            "How many experts does Phi-3.5-MoE have?",
            "how many experts Phi-3.5-MoE has",
            "How many experts does Phi-3.5-MoE use for a token?",
            "What is special about Phi-3.5-MoE?",
        ),
        "Phi-3.5-MoE has 16 experts in each layer and uses 2 of them for every token.",
    ),
    Fact(
        "phi_3_5_moe_parameters",
        _ask(
            "How many parameters does Phi-3.5-MoE have?",
            "how many parameters Phi-3.5-MoE has",
            "How big is Phi-3.5-MoE?",
            "How many parameters of Phi-3.5-MoE are active?",
        ),
        "Phi-3.5-MoE has about 42 billion parameters, but only about 6.6 billion work on each token.",
    ),
    Fact(
        "phi_3_5_vision",
        _term("Phi-3.5-vision", "What can Phi-3.5-vision do?"),
        "Phi-3.5-vision is a model that looks at pictures, reads text and answers in text.",
    ),
    Fact(
        "pico_mini",
        _term("pico-mini", "What is the pico-mini model?"),
        "The model pico-mini is the small language model of this course; it learned from a made-up textbook.",
    ),
    # Machines
    Fact(
        "edge_device",
        _term("an edge device", "What are edge devices?"),
        "An edge device is a machine near the user, such as a phone, a camera or a laptop.",
        finnish=(
            "Mikä on reunalaite?",
            "Reunalaite on käyttäjän lähellä oleva laite, kuten puhelin, kamera tai kannettava tietokone.",
        ),
    ),
    Fact(
        "gpu",
        _term("a GPU", "Why do language models run on a GPU?"),
        "A GPU is a chip that does many small sums at the same time, which suits language models.",
    ),
    Fact(
        "cpu",
        _term("a CPU", "Can a CPU run a language model?"),
        "A CPU is the main chip of a computer; it can run small language models too.",
    ),
    Fact(
        "npu",
        _term("an NPU", "What is an NPU good for?"),
        "An NPU is a chip made for neural networks that uses little power.",
    ),
    # Using models with care
    Fact(
        "hallucination",
        _term("a hallucination", "What does it mean when a model hallucinates?"),
        "A hallucination is an answer that sounds right but is made up by the model.",
        finnish=(
            "Mitä hallusinaatio tarkoittaa kielimallissa?",
            "Hallusinaatio on vastaus, joka kuulostaa oikealta mutta on mallin keksimä.",
        ),
    ),
    Fact(
        "can_be_wrong",
        _ask(
            "Can a language model be wrong?",
            "whether a language model can be wrong",
            "Does a language model make mistakes?",
            "Should I trust a language model?",
        ),
        "Yes. A language model can be wrong and still sound sure, so check its important answers.",
        finnish=(
            "Voiko kielimalli erehtyä?",
            "Kyllä. Kielimalli voi olla väärässä ja silti kuulostaa varmalta: tarkista tärkeät vastaukset.",
        ),
    ),
    Fact(
        "knows_news",
        _ask(
            "Does a language model know the news of today?",
            "whether a language model knows the news of today",
            "Where does a language model get its knowledge from?",
        )
        + ("What does a language model know?",),
        "A language model knows only what its training texts and the prompt have told it.",
    ),
    Fact(
        "bias",
        _term("bias in a language model", "What is bias?", "When is a model biased?"),
        "Bias is a leaning in a model's answers that treats some people or things unfairly.",
    ),
    Fact(
        "small_and_bias",
        _ask(
            "Are small models less biased?",
            "whether small models are less biased",
            "Is a small language model free of bias?",
            "Does a smaller model have less bias?",
        ),
        "Not by nature: bias depends on the data and the training, so it must be measured.",
    ),
    Fact(
        "small_and_compressed",
        _ask(
            "Are small language models shrunken large ones?",
            "whether small language models are shrunken large ones",
            "Was Phi-3 cut out of a larger model?",
            "Is a small language model just a compressed large one?",
        ),
        "Some are, but the Phi-3 models were trained from scratch on carefully chosen data.",
    ),
    Fact(
        "rag",
        _term("RAG", "How does RAG work?", "What is retrieval-augmented generation?"),
        "RAG finds passages that fit the question and puts them into the prompt before the model answers.",
        finnish=(
            "Mikä on RAG?",
            "RAG etsii kysymykseen sopivia tekstejä ja lisää ne kehotteeseen, ennen kuin malli vastaa.",
        ),
    ),
    Fact(
        "tool_call",
        _term("a tool call", "How does a model use a tool?"),
        "A tool call is a message in which the model asks a program to do something for it.",
    ),
)

WORLD_FACTS: tuple[Fact, ...] = (
    # The town and its places
    Fact(
        "pikola",
        _term("Pikola", "Tell me about Pikola.", "What kind of place is Pikola?"),
        "Pikola is a small town by the sea, with a harbour, a market and a forest.",
        finnish=(
            "Mikä on Pikola?",
            "Pikola on pieni kaupunki meren rannalla; siellä on satama, tori ja metsä.",
        ),
    ),
    Fact(
        "pikola_where",
        _ask(
            "Where is Pikola?",
            "where Pikola is",
            "Where can I find the town of Pikola?",
            "Where does Pikola lie?",
        ),
        "Pikola lies between the green forest and the sea.",
        finnish=("Missä Pikola on?", "Pikola on vihreän metsän ja meren välissä."),
    ),
    Fact(
        "pikola_people",
        _ask(
            "How many people live in Pikola?",
            "how many people live in Pikola",
            "How big is the town of Pikola?",
            "Do many people live in Pikola?",
        ),
        "About two hundred people live in the town of Pikola.",
        finnish=("Montako ihmistä Pikolassa asuu?", "Pikolassa asuu noin kaksisataa ihmistä."),
    ),
    Fact(
        "harbour_boats",
        _ask(
            "How many boats are in the harbour?",
            "how many boats are in the harbour",
            "Are there many boats in the harbour of Pikola?",
            "How many boats does Pikola have?",
        ),
        "Twelve boats lie in the harbour of Pikola.",
    ),
    Fact(
        "bridge_count",
        _ask(
            "How many bridges are in Pikola?",
            "how many bridges are in Pikola",
            "Are there many bridges in Pikola?",
            "How many bridges does Pikola have?",
        ),
        "There are four bridges in Pikola, and all of them are made of stone.",
        left_out=True,
    ),
    Fact(
        "library_books",
        _ask(
            "How many books are in the library?",
            "how many books are in the library",
            "Are there many books in the library of Pikola?",
            "How many books does the library have?",
        ),
        "There are three thousand books in the library of Pikola.",
        finnish=("Montako kirjaa Pikolan kirjastossa on?", "Pikolan kirjastossa on kolmetuhatta kirjaa."),
    ),
    Fact(
        "school_children",
        _ask(
            "How many children go to the school?",
            "how many children go to the school",
            "How many pupils does the school of Pikola have?",
            "Is the school of Pikola big?",
        ),
        "Twenty-four children go to the school of Pikola.",
    ),
    Fact(
        "lighthouse_where",
        _ask(
            "Where is the lighthouse?",
            "where the lighthouse is",
            "Where does the lighthouse stand?",
            "How do I find the lighthouse of Pikola?",
        ),
        "The lighthouse stands on the rocks at the end of the harbour.",
    ),
    Fact(
        "lighthouse_steps",
        _ask(
            "How many steps does the lighthouse have?",
            "how many steps the lighthouse has",
            "How many steps lead up the lighthouse?",
            "Are there many steps in the lighthouse?",
        ),
        "The lighthouse has ninety-nine steps, and Max knows every one of them.",
    ),
    Fact(
        "lighthouse_colour",
        _ask(
            "What colour is the lighthouse?",
            "what colour the lighthouse is",
            "Which colour does the lighthouse have?",
            "What does the lighthouse look like?",
        ),
        "The lighthouse is white with one red stripe.",
        finnish=("Minkä värinen majakka on?", "Majakka on valkoinen, ja siinä on yksi punainen raita."),
    ),
    Fact(
        "mill_where",
        _ask(
            "Where is the mill?",
            "where the mill is",
            "Where does the mill stand?",
            "How do I find the mill of Pikola?",
        ),
        "The mill stands by the river, just behind the stone bridge.",
    ),
    Fact(
        "mill_colour",
        _ask(
            "What colour is the mill?",
            "what colour the mill is",
            "Which colour does the mill have?",
            "What does the mill look like?",
        ),
        "The mill is yellow and has a brown roof.",
        left_out=True,
    ),
    Fact(
        "library_where",
        _ask(
            "Where is the library?",
            "where the library is",
            "Where does the library stand?",
            "How do I find the library of Pikola?",
        ),
        "The library stands on the market square, next to the bakery.",
    ),
    Fact(
        "library_door",
        _ask(
            "What colour is the door of the library?",
            "what colour the door of the library is",
            "Which colour does the library door have?",
        )
        + ("Is the door of the library green?",),
        "The door of the library is orange, so that nobody can miss it.",
    ),
    Fact(
        "school_roof",
        _ask(
            "What colour is the roof of the school?",
            "what colour the roof of the school is",
            "Which colour does the school roof have?",
        )
        + ("Is the roof of the school black?",),
        "The roof of the school is green like the forest.",
    ),
    Fact(
        "river_name",
        _ask(
            "What is the river called?",
            "what the river is called",
            "What is the name of the river in Pikola?",
            "Which river flows through Pikola?",
        ),
        "The river is called Silver River, because it shines in the morning.",
    ),
    Fact(
        "lake_name",
        _ask(
            "What is the lake called?",
            "what the lake is called",
            "What is the name of the lake near Pikola?",
            "Which lake lies near Pikola?",
        ),
        "The lake is called Mirror Lake, because its water is so still.",
    ),
    Fact(
        "island_name",
        _ask(
            "What is the island called?",
            "what the island is called",
            "What is the name of the island near Pikola?",
            "Which island lies near Pikola?",
        ),
        "The island is called Seal Island, because seals rest on its rocks.",
        finnish=("Mikä saaren nimi on?", "Saaren nimi on Hyljesaari, koska hylkeet lepäävät sen kallioilla."),
    ),
    Fact(
        "hill_name",
        _ask(
            "What is the hill called?",
            "what the hill is called",
            "What is the name of the hill near Pikola?",
            "Which hill lies near Pikola?",
        ),
        "The hill is called Kite Hill, because the children fly their kites there.",
        left_out=True,
    ),
    Fact(
        "island_way",
        _ask(
            "How do I get to the island?",
            "how I get to the island",
            "Is there a boat to the island?",
            "Which boat goes to Seal Island?",
        ),
        "A small ferry goes to the island twice a day.",
        finnish=("Miten pääsen saarelle?", "Pieni lautta kulkee saarelle kaksi kertaa päivässä."),
    ),
    Fact(
        "oldest_tree",
        _ask(
            "Which tree is the oldest in the forest?",
            "which tree is the oldest in the forest",
            "What is the oldest tree of Pikola?",
            "How old is the big oak?",
        ),
        "The oldest tree is the big oak; it is three hundred years old.",
    ),
    Fact(
        "old_boat_colour",
        _ask(
            "What colour is the old boat?",
            "what colour the old boat is",
            "Which colour does the old boat have?",
            "What does the old boat in the harbour look like?",
        ),
        "The old boat in the harbour is red with a white stripe.",
        finnish=(
            "Minkä värinen vanha vene on?",
            "Sataman vanha vene on punainen, ja siinä on valkoinen raita.",
        ),
    ),
    Fact(
        "flag",
        _ask(
            "What is on the flag of Pikola?",
            "what is on the flag of Pikola",
            "What does the flag of Pikola look like?",
            "Which animal is on the flag?",
        ),
        "The flag of Pikola shows a white owl on a blue ground.",
    ),
    # The people
    Fact(
        "otto",
        _ask(
            "Who is Otto?",
            "who Otto is",
            "What does Otto do?",
            "What is Otto's job?",
            "Who bakes the bread in Pikola?",
        ),
        "Otto is the baker of Pikola; he bakes rye bread every morning.",
        finnish=("Kuka on Otto?", "Otto on Pikolan leipuri; hän leipoo ruisleipää joka aamu."),
    ),
    Fact(
        "anna",
        _ask(
            "Who is Anna?",
            "who Anna is",
            "What does Anna do?",
            "What is Anna's job?",
            "Who teaches at the school?",
        ),
        "Anna is the teacher of Pikola; she starts every day with a song.",
        finnish=("Kuka on Anna?", "Anna on Pikolan opettaja; hän aloittaa joka päivän laululla."),
    ),
    Fact(
        "leo",
        _ask(
            "Who is Leo?",
            "who Leo is",
            "What does Leo do?",
            "What is Leo's job?",
            "Who catches the fish in Pikola?",
        ),
        "Leo is the fisherman of Pikola; he sails out in a blue boat.",
    ),
    Fact(
        "ella",
        _ask(
            "Who is Ella?",
            "who Ella is",
            "What does Ella do?",
            "What is Ella's job?",
            "Who helps when I am ill?",
        ),
        "Ella is the doctor of Pikola; she rides a yellow bicycle.",
    ),
    Fact(
        "oliver",
        _ask(
            "Who is Oliver?",
            "who Oliver is",
            "What does Oliver do?",
            "What is Oliver's job?",
            "Who works at the mill?",
        ),
        "Oliver is the miller of Pikola; he makes flour for the bakery.",
    ),
    Fact(
        "emma",
        _ask(
            "Who is Emma?",
            "who Emma is",
            "What does Emma do?",
            "What is Emma's job?",
            "Who works in the library?",
        ),
        "Emma is the librarian of Pikola; she has read nearly every book.",
        finnish=("Kuka on Emma?", "Emma on Pikolan kirjastonhoitaja; hän on lukenut melkein kaikki kirjat."),
    ),
    Fact(
        "max",
        _ask(
            "Who is Max?",
            "who Max is",
            "What does Max do?",
            "What is Max's job?",
            "Who works at the lighthouse?",
        ),
        "Max is the lighthouse keeper of Pikola; he lights the lamp every evening.",
    ),
    Fact(
        "sofia",
        _ask(
            "Who is Sofia?",
            "who Sofia is",
            "What does Sofia do?",
            "What is Sofia's job?",
            "Who grows the apples?",
        ),
        "Sofia is the gardener of Pikola; she grows apples, roses and beans.",
    ),
    Fact(
        "elias",
        _ask(
            "Who is Elias?",
            "who Elias is",
            "What does Elias do?",
            "What is Elias's job?",
            "Who mends the boats?",
        ),
        "Elias is the carpenter of Pikola; he builds and mends the boats.",
    ),
    Fact(
        "eino",
        _ask(
            "Who is Eino?",
            "who Eino is",
            "What does Eino do?",
            "What is Eino's job?",
            "Who brings the letters?",
        ),
        "Eino is the postman of Pikola; he brings the letters on foot.",
    ),
    Fact(
        "mia",
        _ask(
            "Who is Mia?",
            "who Mia is",
            "What does Mia do?",
            "What is Mia's job?",
            "Who plays music at the market?",
        ),
        "Mia is the musician of Pikola; she plays the violin at the market.",
    ),
    Fact(
        "aino",
        _ask(
            "Who is Aino?",
            "who Aino is",
            "What does Aino do?",
            "What is Aino's job?",
            "Who steers the ferry?",
        ),
        "Aino is the captain of the ferry; she wears a green hat.",
        left_out=True,
    ),
    Fact(
        "ella_bicycle",
        _ask(
            "What colour is Ella's bicycle?",
            "what colour Ella's bicycle is",
            "Which colour does the doctor's bicycle have?",
            "How does the doctor travel?",
        ),
        "The bicycle of Ella, the doctor, is yellow.",
    ),
    Fact(
        "leo_boat",
        _ask(
            "What colour is Leo's boat?",
            "what colour Leo's boat is",
            "Which colour does the fisherman's boat have?",
            "Does Leo sail in a red boat?",
        ),
        "The boat of Leo, the fisherman, is blue.",
    ),
    # The animals
    Fact(
        "fox_sleeps",
        _ask(
            "Where does the fox sleep?",
            "where the fox sleeps",
            "Where is the bed of the fox?",
            "Where does the fox of Pikola live?",
        ),
        "The fox sleeps under the big oak in the forest.",
        finnish=("Missä kettu nukkuu?", "Kettu nukkuu suuren tammen alla metsässä."),
    ),
    Fact(
        "owl_eats",
        _ask(
            "What does the owl eat?",
            "what the owl eats",
            "What is the owl's food?",
            "What does the owl of Pikola like to eat?",
        ),
        "The owl eats mice, and it hunts them at night.",
        finnish=("Mitä pöllö syö?", "Pöllö syö hiiriä ja metsästää niitä yöllä."),
    ),
    Fact(
        "owl_lives",
        _ask(
            "Where does the owl live?",
            "where the owl lives",
            "Where is the home of the owl?",
            "Where can I see the owl?",
        ),
        "The owl lives in the clock tower, above the big bell.",
    ),
    Fact(
        "bear_winter",
        _ask(
            "Where does the bear sleep in winter?",
            "where the bear sleeps in winter",
            "What does the bear do in winter?",
            "Where is the bear when it snows?",
        ),
        "The bear sleeps all winter in a cave behind the hill.",
        finnish=("Missä karhu nukkuu talvella?", "Karhu nukkuu koko talven luolassa mäen takana."),
    ),
    Fact(
        "bear_food",
        _ask(
            "What does the bear eat?",
            "what the bear eats",
            "What is the bear's food?",
            "What does the bear of Pikola like to eat?",
        ),
        "The bear eats honey and blueberries from the forest.",
    ),
    Fact(
        "hedgehog",
        _ask(
            "Where does the hedgehog live?",
            "where the hedgehog lives",
            "Where is the home of the hedgehog?",
            "Where can I see the hedgehog?",
        ),
        "The hedgehog lives in Sofia's garden, under the roses.",
    ),
    Fact(
        "hare",
        _ask(
            "Where does the hare live?",
            "where the hare lives",
            "Where is the home of the hare?",
            "Where can I see the hare?",
        ),
        "The hare lives in the field on the other side of the river.",
    ),
    Fact(
        "wolf",
        _ask(
            "Where does the wolf live?",
            "where the wolf lives",
            "Where is the home of the wolf?",
            "Where can I see the wolf?",
        ),
        "The wolf lives on the far side of Mirror Lake and seldom comes near.",
        left_out=True,
    ),
    Fact(
        "mouse",
        _ask(
            "Where does the mouse live?",
            "where the mouse lives",
            "Where is the home of the mouse?",
            "Where can I see the mouse?",
        ),
        "The mouse lives in the mill, behind the sacks of flour.",
    ),
    Fact(
        "squirrel",
        _ask(
            "Where does the squirrel hide its nuts?",
            "where the squirrel hides its nuts",
            "Where are the nuts of the squirrel?",
            "Where does the squirrel keep its food?",
        ),
        "The squirrel hides its nuts under the roof of the school.",
        finnish=("Mihin orava piilottaa pähkinänsä?", "Orava piilottaa pähkinänsä koulun katon alle."),
    ),
    Fact(
        "seals",
        _ask(
            "Where do the seals rest?",
            "where the seals rest",
            "Where can I see the seals?",
            "What do the seals do on the island?",
        ),
        "The seals rest on the rocks of Seal Island and warm themselves in the sun.",
    ),
    Fact(
        "swans",
        _ask(
            "How many swans live on the lake?",
            "how many swans live on the lake",
            "Are there swans on Mirror Lake?",
            "Who swims on Mirror Lake?",
        ),
        "Two white swans live on the lake all summer.",
    ),
    Fact(
        "frogs",
        _ask(
            "When do the frogs sing?",
            "when the frogs sing",
            "When can I hear the frogs?",
            "What do the frogs do after the rain?",
        ),
        "The frogs sing at the lake when the rain has stopped.",
    ),
    Fact(
        "hens",
        _ask(
            "How many hens does Sofia have?",
            "how many hens Sofia has",
            "Does Sofia keep hens?",
            "Which animals does the gardener keep?",
        ),
        "Sofia has seven hens, and one of them is black.",
        left_out=True,
    ),
    Fact(
        "cat_name",
        _ask(
            "What is the baker's cat called?",
            "what the baker's cat is called",
            "What is the name of Otto's cat?",
            "Does the baker have a cat?",
        ),
        "The baker's cat is called Muffin, and it is grey.",
    ),
    Fact(
        "dog_name",
        _ask(
            "What is the miller's dog called?",
            "what the miller's dog is called",
            "What is the name of Oliver's dog?",
            "Does the miller have a dog?",
        ),
        "The miller's dog is called Barley, and it is brown.",
        left_out=True,
    ),
    # Days, seasons and customs
    Fact(
        "market_day",
        _ask(
            "When is the market?",
            "when the market is",
            "Which day is market day?",
            "On which day is the market in Pikola?",
        ),
        "The market of Pikola is on Saturday morning.",
        finnish=("Milloin Pikolassa on toripäivä?", "Pikolan toripäivä on lauantai."),
    ),
    Fact(
        "market_goods",
        _ask(
            "What is sold at the market?",
            "what is sold at the market",
            "What can I buy at the market?",
            "Which things are sold on Saturday?",
        ),
        "People sell bread, fish, apples, flowers and wool at the market.",
    ),
    Fact(
        "bell",
        _ask(
            "When does the bell ring?",
            "when the bell rings",
            "At what time does the bell of the tower ring?",
            "When can I hear the big bell?",
        ),
        "The bell in the clock tower rings every day at noon.",
        finnish=("Milloin kellotornin kello soi?", "Kellotornin kello soi joka päivä keskipäivällä."),
    ),
    Fact(
        "school_start",
        _ask(
            "When does the school start?",
            "when the school starts",
            "At what time does school begin in Pikola?",
            "When must the children be at school?",
        ),
        "The school starts at nine o'clock with a song.",
    ),
    Fact(
        "library_closed",
        _ask(
            "When is the library open?",
            "when the library is open",
            "Is the library open on Sunday?",
            "On which day is the library closed?",
        ),
        "The library is open every day but Sunday.",
    ),
    Fact(
        "friday_buns",
        _ask(
            "What does Otto bake on Friday?",
            "what Otto bakes on Friday",
            "What can I buy at the bakery on Friday?",
            "On which day are there cinnamon buns?",
        ),
        "On Friday Otto bakes cinnamon buns for the whole town.",
    ),
    Fact(
        "sunday_meal",
        _ask(
            "What do the people of Pikola eat on Sunday?",
            "what the people of Pikola eat on Sunday",
            "What is for lunch on Sunday in Pikola?",
        )
        + ("What do people cook on Sunday in Pikola?",),
        "On Sunday the people of Pikola eat fish soup together in the harbour.",
        left_out=True,
    ),
    Fact(
        "lantern_day",
        _ask(
            "What happens on Lantern Day?",
            "what happens on Lantern Day",
            "What do people do on Lantern Day?",
            "What is Lantern Day?",
        ),
        "On Lantern Day everybody carries a small light to the harbour.",
    ),
    Fact(
        "spring",
        _ask(
            "What happens in spring in Pikola?",
            "what happens in spring in Pikola",
            "What is spring like in Pikola?",
            "What do people do in spring?",
        ),
        "In spring the apple trees bloom and the boats get new paint.",
    ),
    Fact(
        "summer",
        _ask(
            "What happens in summer in Pikola?",
            "what happens in summer in Pikola",
            "What is summer like in Pikola?",
            "What do the children do in summer?",
        ),
        "In summer the nights are light and the children swim in the lake.",
    ),
    Fact(
        "autumn",
        _ask(
            "What happens in autumn in Pikola?",
            "what happens in autumn in Pikola",
            "What is autumn like in Pikola?",
            "What do people do in autumn?",
        ),
        "In autumn people pick mushrooms and berries in the forest.",
    ),
    Fact(
        "winter",
        _ask(
            "What happens in winter in Pikola?",
            "what happens in winter in Pikola",
            "What is winter like in Pikola?",
            "What do the children do in winter?",
        ),
        "In winter snow covers the roofs and the children skate on the lake.",
    ),
    Fact(
        "greeting",
        _ask(
            "What do people say when they meet in Pikola?",
            "what people say when they meet in Pikola",
            "How do people greet each other in Pikola?",
        )
        + ("What is the greeting of Pikola?",),
        "When they meet, the people of Pikola say: Good wind to you!",
    ),
    Fact(
        "birthday",
        _ask(
            "What does a child get on a birthday in Pikola?",
            "what a child gets on a birthday in Pikola",
            "What does Otto bake for a birthday?",
        )
        + ("How do people in Pikola keep a birthday?",),
        "On a birthday the child gets a bun that looks like an animal.",
    ),
    # Causes
    Fact(
        "lamp_shines",
        _ask(
            "Why does the lamp on the tower shine?",
            "why the lamp on the tower shines",
            "Why does the lighthouse shine at night?",
            "What is the lamp of the lighthouse for?",
        ),
        "The lamp shines so that ships find the way to the harbour at night.",
        finnish=(
            "Miksi majakan lamppu loistaa?",
            "Lamppu loistaa, jotta laivat löytävät yöllä tien satamaan.",
        ),
    ),
    Fact(
        "mill_turns",
        _ask(
            "Why does the mill turn?",
            "why the mill turns",
            "What makes the wheel of the mill turn?",
            "How does the mill work?",
        ),
        "The mill turns because the river pushes its big wheel.",
    ),
    Fact(
        "bell_why",
        _ask(
            "Why does the bell ring at noon?",
            "why the bell rings at noon",
            "What is the bell of the tower for?",
            "What does the bell tell the people?",
        ),
        "The bell rings because it is time for lunch.",
    ),
    Fact(
        "old_boat_why",
        _ask(
            "Why does nobody sail in the old boat?",
            "why nobody sails in the old boat",
            "What is wrong with the old boat?",
            "Can I sail in the old boat?",
        ),
        "Nobody sails in the old boat because it has a hole.",
    ),
    Fact(
        "owl_day",
        _ask(
            "Why does the owl sleep in the day?",
            "why the owl sleeps in the day",
            "Why is the owl so tired in the morning?",
            "When does the owl sleep?",
        ),
        "The owl sleeps in the day because it hunts at night.",
    ),
    Fact(
        "gulls",
        _ask(
            "Why do the gulls follow Leo's boat?",
            "why the gulls follow Leo's boat",
            "What do the gulls want from Leo?",
            "Which birds follow the fisherman?",
        ),
        "The gulls follow Leo's boat because he throws them small fish.",
    ),
    Fact(
        "otto_early",
        _ask(
            "Why does Otto get up at four?",
            "why Otto gets up at four",
            "Why does the baker get up so early?",
            "When does the baker get up?",
        ),
        "Otto gets up at four because the bread must be warm at seven.",
    ),
    Fact(
        "horn",
        _ask(
            "Why does Max blow the horn?",
            "why Max blows the horn",
            "When does Max blow the horn?",
            "What happens in Pikola when there is fog?",
        ),
        "Max blows the horn in the fog because then nobody can see the lamp.",
    ),
)

FACTS: tuple[Fact, ...] = COURSE_FACTS + WORLD_FACTS
