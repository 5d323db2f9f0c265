"""Every answer of a running daemon against openapi.yaml: check.py OPENAPI URL (with schemathesis, in the test's own environment)."""

import sys

import requests
import schemathesis

ALL_KINDS = ("", "compare", "growth", "step_ratio", "target", "attainment", "expected", "pace")


def main(path, url):
    schema = schemathesis.openapi.from_path(path)
    answers = 0

    def ask(where, status=200, **query):
        nonlocal answers
        case = schema[where]["GET"].Case(query=query)
        response = case.call(base_url=url, timeout=30)
        if response.status_code == 503:  # another question about the past is being answered
            response = case.call(base_url=url, timeout=30)
        assert response.status_code == status, f"{where} {query}: {response.status_code} {response.text[:300]}"
        case.validate_response(response, checks=[schemathesis.checks.CHECKS.get_one("response_schema_conformance"),
                                                 schemathesis.checks.CHECKS.get_one("content_type_conformance")])
        answers += 1
        return response.json()

    for where in ("/api/v1/status", "/api/v1/breaches", "/api/v1/overview"):
        ask(where)
    kpis = ask("/api/v1/kpis", limit=1)["kpis"]
    documented = set(schema.raw_schema["components"]["schemas"]["Kpi"]["properties"])
    assert all(set(kpi) <= documented for kpi in kpis), "every field is documented"
    some = [kpi for kind in ALL_KINDS for kpi in [k for k in kpis if k["derived"] == kind][:12]]
    assert len(some) > 20, len(some)
    for kpi in some:
        name = kpi["name"]
        ask("/api/v1/kpis", kpi=name, window=kpi["windows"][-1], limit=5)
        history = ask("/api/v1/history", kpi=name, window=kpi["windows"][-1], limit=5)
        assert all(len(series["values"]) == len(history["times"]) for series in history["series"]), name
        if not kpi["derived"]:
            ask("/api/v1/explain", kpi=name, limit=2)
    overview = ask("/api/v1/history", kpis="overview", window="24h")
    assert set(overview["kpis"]) == {kpi["name"] for kpi in kpis if not kpi["made_of"]}
    # Errors, of every kind there is.
    ask("/api/v1/kpis", 404, kpi="nothing")
    ask("/api/v1/kpis", 400, limit=0)
    ask("/api/v1/history", 404, kpi="nothing")
    ask("/api/v1/history", 400, kpi=some[0]["name"], window="1y")
    ask("/api/v1/explain", 403, kpi=some[0]["name"], ids="true")
    ask("/api/v1/explain", 400)
    ask("/api/v1/breaches", 400, limit="x")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for where in schema.raw_schema["paths"]:
            error = requests.request(method, url + where, timeout=10)
            assert error.status_code == 405 and error.json()["error"]["code"] == "method_not_allowed", f"{method} {where}: {error.text}"
            assert error.headers["Allow"] == "GET, HEAD"
    for where in schema.raw_schema["paths"]:
        head, get = requests.head(url + where, timeout=10), requests.get(url + where, timeout=10)
        assert (head.status_code, head.text) == (get.status_code, ""), where
        assert head.headers["Content-Type"] == get.headers["Content-Type"], where
    assert requests.get(url + "/api/v1/openapi.yaml", timeout=10).text == open(path, encoding="utf-8").read()
    print(f"{answers} answers are as documented")


if __name__ == "__main__":
    main(*sys.argv[1:])
