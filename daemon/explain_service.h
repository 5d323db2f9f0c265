// /api/v1/explain: answered from a snapshot of the state, beside the engine.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/http.h"
#include "pipeline/explain/explain.h"
#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {

// What was asked, as it is written in an address: kpi, window, from, to, by, label=NAME=VALUE (again and again), ids, limit,
// format. kInvalid says what is wrong.
struct ExplainQuery {
  ExplainRequest request;
  bool table = false;
};
Result<ExplainQuery> ParseExplainQuery(std::span<const std::pair<std::string_view, std::string_view>> query);

// One question at a time, for at most 5 s: others are asked to come again. The engine waits for none of it.
// Threads: any.
class ExplainService {
 public:
  explicit ExplainService(bool enable_ids) : enable_ids_(enable_ids) {}
  // The state that is asked about, and how to read it. The store stays until Withdraw() returned.
  void Offer(const RocksStore* store, std::shared_ptr<const Plan> plan);
  void Withdraw();
  HttpResponse Answer(const HttpRequest& request);

 private:
  HttpResponse Explained(const ExplainQuery& query);

  const bool enable_ids_;
  std::atomic<bool> busy_ = false;
  std::atomic<bool> withdrawn_ = false;
  std::mutex mu_;
  const RocksStore* store_ = nullptr;  // GUARDED_BY(mu_)
  std::shared_ptr<const Plan> plan_;   // GUARDED_BY(mu_)
};

}  // namespace tidemark
