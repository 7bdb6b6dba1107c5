"""LangChain's standard test classes, for both of its packages: a JSON object a line, as python_clients.py prints."""

import json
import os
import sys

import pytest
from langchain_ollama import ChatOllama, OllamaEmbeddings
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_tests.integration_tests import ChatModelIntegrationTests, EmbeddingsIntegrationTests

URL, MODEL = os.environ["URL"], os.environ["MODEL"]
OPENAI, OLLAMA = {"model": MODEL, "base_url": URL + "/v1", "api_key": "practice"}, {"model": MODEL, "base_url": URL}
OPTIONS = "-q -s --noconftest -p no:cacheprovider --asyncio-mode=auto -o asyncio_default_test_loop_scope=session"


class TestOpenAIChat(ChatModelIntegrationTests):
    chat_model_class, supports_json_mode = ChatOpenAI, True
    chat_model_params = OPENAI | {"temperature": 0, "max_tokens": 200, "stream_usage": True, "max_retries": 0}


class TestOllamaChat(ChatModelIntegrationTests):
    chat_model_class, supports_json_mode = ChatOllama, True
    chat_model_params = OLLAMA | {"temperature": 0, "num_predict": 200}


class TestOpenAIEmbeddings(EmbeddingsIntegrationTests):
    embeddings_class = OpenAIEmbeddings
    embedding_model_params = OPENAI | {"check_embedding_ctx_length": False}  # it would fetch a tokenizer of OpenAI's


class TestOllamaEmbeddings(EmbeddingsIntegrationTests):
    embeddings_class, embedding_model_params = OllamaEmbeddings, OLLAMA


class Recorder:
    """Prints a row for each test."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if report.when == "call" or report.when == "setup" and not report.passed:
            package, kind = item.cls.__name__.removeprefix("Test").replace("AI", "ai").partition("Chat")[:2]
            row = {"client": f"langchain-{package.removesuffix('Embeddings').lower()}"}
            row["feature"] = f"{kind.lower() or 'embeddings'}: {item.name.removeprefix('test_')}"
            if report.skipped:
                row["skipped"] = str(call.excinfo.value)
            elif report.failed:
                error = call.excinfo.value
                row |= {"error": f"{type(error).__name__}: {error}", "status": getattr(error, "status_code", 0)}
            sys.__stdout__.write("\n" + json.dumps(row) + "\n")
            sys.__stdout__.flush()
        return report


if __name__ == "__main__":
    code = pytest.main([*OPTIONS.split(), "-c", os.devnull, __file__], plugins=[Recorder()])
    sys.exit(0 if code in (0, 1) else 1)  # 1: tests have failed, as the rows say
