"""LangChain's standard test classes, for both of its packages, as rows of the table.

A failed test that is named in MODELS and ended in a wrong text, not in a refusal, is the model's; else the dialect's.
"""

import json
import os
import sys

import pytest
from langchain_ollama import ChatOllama, OllamaEmbeddings
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_tests.integration_tests import ChatModelIntegrationTests, EmbeddingsIntegrationTests

URL, MODEL, FAST = (os.environ[name] for name in ("URL", "MODEL", "FAST"))
OPENAI = {"base_url": URL + "/v1", "api_key": "practice", "model": MODEL, "max_retries": 0}
CHAT = OPENAI | {"max_tokens": 150, "stream_usage": True}
MODELS: dict[str, str] = {}


class TestOpenAIChat(ChatModelIntegrationTests):
    chat_model_class, chat_model_params = ChatOpenAI, CHAT
    supports_json_mode = True


class TestOllamaChat(ChatModelIntegrationTests):
    chat_model_class, chat_model_params = ChatOllama, {"base_url": URL, "model": MODEL, "num_predict": 150}
    supports_json_mode = True


class TestOpenAIEmbeddings(EmbeddingsIntegrationTests):
    embeddings_class = OpenAIEmbeddings
    embedding_model_params = OPENAI | {"check_embedding_ctx_length": False}


class TestOllamaEmbeddings(EmbeddingsIntegrationTests):
    embeddings_class, embedding_model_params = OllamaEmbeddings, {"base_url": URL, "model": MODEL}


class Recorder:
    """Prints a row for each test."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if report.when == "call" or report.outcome != "passed" and report.when == "setup":
            error = call.excinfo.value if call.excinfo else None
            test = item.name.removeprefix("test_")
            refused = getattr(error, "status_code", None) is not None
            why = MODELS.get(test.partition("[")[0], "") if not refused else ""
            outcome = {"passed": "works", "skipped": "left out"}.get(report.outcome, "model" if why else "dialect")
            text = f"{why} | {type(error).__name__}: {error}" if error else ""
            client = "langchain-" + ("openai" if "OpenAI" in item.cls.__name__ else "ollama")
            kind = "embeddings" if "Embeddings" in item.cls.__name__ else "chat"
            row = {
                "client": client,
                "feature": f"{kind}: {test}",
                "outcome": outcome,
                "text": " ".join(text.split())[:300],
            }
            sys.__stdout__.write("\n" + json.dumps(row) + "\n")
            sys.__stdout__.flush()
        return report


if __name__ == "__main__":
    options = ["-q", "-s", "--noconftest", "-p", "no:cacheprovider", "-c", os.devnull, "--asyncio-mode=auto"]
    options += ["-o", "asyncio_default_test_loop_scope=session", "-o", "asyncio_default_fixture_loop_scope=session"]
    code = pytest.main([*options, __file__], plugins=[Recorder()])
    sys.exit(0 if code in (0, 1) else 1)  # 1: tests have failed, as the rows say
