// `explain`: asks a running daemon, or reads the state itself when none is running.
#include <iostream>

#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "daemon/explain_service.h"
#include "daemon/explain_text.h"
#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {
namespace {

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
  if (!options.target.url.empty()) {
    const Result<std::string> answer = BodyOf(options.target, HttpGet(options.target, "/api/v1/explain", options.query));
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
