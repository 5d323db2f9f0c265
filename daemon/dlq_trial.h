// Would a letter be counted by the configuration as it is now?
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/dlq_letters.h"
#include "daemon/event_trial.h"
#include "daemon/schema_registry.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

class LetterTrial {
 public:
  // `registry`: of the schemas that records name; null: there is none. With `now`, events are left that are older than what their topic remembers of ids: whether they were counted can't be told.
  LetterTrial(const Plan& plan, const RegistrySpec* registry, std::optional<WallTime> now);

  // Why it wouldn't, or must not be sent; empty: it would.
  std::string WhyNot(const Letter& letter);

 private:
  // What is wrong with its bytes; events are then in mapped_, or the record is one.
  std::string WhyNotDecoded(size_t topic, const RawRecord& record);
  std::string WhyTooOld(size_t topic, const RawRecord& record);

  const Plan& plan_;
  const std::optional<WallTime> now_;
  FetchedSchemas schemas_;
  std::map<std::string, size_t, std::less<>> topics_;
  std::map<size_t, std::unique_ptr<Mapper::Scratch>> scratches_;
  MappedEvents mapped_;
  EventTrial trial_;
};

}  // namespace tidemark
