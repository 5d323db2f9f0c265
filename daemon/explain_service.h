// /api/v1/explain: answered from a snapshot of the state, beside the engine.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/http.h"
#include "daemon/state_offer.h"
#include "pipeline/explain/explain.h"

namespace tidemark {

// What was asked, as it is written in an address: kpi, window, from, to, by, label=NAME=VALUE (again and again), ids, limit,
// format. kInvalid says what is wrong.
struct ExplainQuery {
  ExplainRequest request;
  bool table = false;
};
Result<ExplainQuery> ParseExplainQuery(std::span<const std::pair<std::string_view, std::string_view>> query);

// For at most 5 s; while another question is being answered, asks to come again. The engine waits for none of it.
// Threads: any.
class ExplainService {
 public:
  ExplainService(StateOffer* state, bool enable_ids) : state_(state), enable_ids_(enable_ids) {}
  HttpResponse Answer(const HttpRequest& request);

 private:
  HttpResponse Explained(const ExplainQuery& query);

  StateOffer* const state_;
  const bool enable_ids_;
};

}  // namespace tidemark
