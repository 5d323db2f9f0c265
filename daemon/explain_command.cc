// `explain`: asks a running daemon, or reads the state itself when none is running.
#include <curl/curl.h>

#include <iostream>

#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "daemon/explain_service.h"
#include "daemon/explain_text.h"

namespace tidemark {
namespace {

size_t Append(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

std::string Escaped(CURL* curl, const std::string& text) {
  const std::unique_ptr<char, void (*)(void*)> escaped(curl_easy_escape(curl, text.data(), static_cast<int>(text.size())), curl_free);
  return escaped == nullptr ? "" : escaped.get();
}

Result<std::string> Ask(const ExplainOptions& options) {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return Internal("libcurl does not start");
  std::string url = options.url;
  while (url.ends_with('/')) url.pop_back();
  url += "/api/v1/explain";
  char separator = '?';
  for (const auto& [name, value] : options.query) {
    url += separator + name + "=" + Escaped(curl.get(), value);
    separator = '&';
  }
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 20L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) return Unavailable(options.url + ": " + curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return Unavailable(options.url + " answers " + std::to_string(status) + ": " + body);
  return body;
}

Status Print(const ExplainQuery& query, const Specs& specs, std::shared_ptr<const Plan> plan) {
  const std::string& path = specs.storage.path;
  if (RocksStore::IsInUse(path)) {
    std::string address = specs.http.listen_address;
    if (address.starts_with("0.0.0.0:")) address.replace(0, 7, "127.0.0.1");
    return {Code::kLocked, "state directory " + path + " is in use: ask the daemon itself, with --url=http://" + address};
  }
  RocksOptions read_only;
  read_only.read_only = true;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<RocksStore> store, RocksStore::Open(path, read_only));
  const Result<Explanation> explanation = Explain(std::move(plan), *store, query.request, [] { return true; });
  // A question that is wrong is no wrong configuration.
  if (explanation.status().code() == Code::kInvalid) return NotFound(explanation.status().text());
  if (!explanation.ok()) return explanation.status();
  std::cout << (query.table ? ExplanationTable(*explanation) : ExplanationJson(*explanation) + "\n");
  return Status::Ok();
}

int Fail(const Status& status, int code) {
  std::cerr << "tidemark: " << status.text() << "\n";
  return code;
}

}  // namespace

int ExplainCommand(const ExplainOptions& options) {
  const std::vector<std::pair<std::string_view, std::string_view>> asked(options.query.begin(), options.query.end());
  const Result<ExplainQuery> query = ParseExplainQuery(asked);
  if (!query.ok()) return Fail(query.status(), kExitUsage);
  if (!options.url.empty()) {
    const Result<std::string> answer = Ask(options);
    if (!answer.ok()) return Fail(answer.status(), ExitCodeOf(answer.status()));
    std::cout << *answer;
    return kExitOk;
  }
  Specs specs;
  std::shared_ptr<const Plan> plan = LoadPlan(options.config_file, &specs, [&](Specs* s) {
    if (!options.storage_path.empty()) s->storage.path = options.storage_path;
  });
  if (plan == nullptr) return kExitConfig;
  const Status status = Print(*query, specs, std::move(plan));
  return status.ok() ? static_cast<int>(kExitOk) : Fail(status, ExitCodeOf(status));
}

}  // namespace tidemark
