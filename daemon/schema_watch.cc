#include "daemon/schema_watch.h"

#include <algorithm>
#include <exception>

#include "daemon/clock.h"
#include "daemon/log.h"

namespace tidemark {

SchemaWatch::SchemaWatch(const Specs& specs, const Plan& plan, OwnMetrics* own, Pace pace)
    : spec_(specs.registry.value_or(RegistrySpec())), own_(own), pace_(pace) {
  for (const TopicPlan& topic : plan.topics()) {
    if (topic.mapper != nullptr && topic.mapper->wants_schemas()) book_.try_emplace(topic.source, std::make_shared<WriterSchemas>());
  }
  const bool asks = !book_.empty() && !spec_.urls.empty();
  own_->SetRegistry(asks ? std::optional(state_) : std::nullopt);
  if (!asks) return;
  thread_.emplace(pace_.look, [this](const std::atomic<bool>& stop) { return Look(stop); });
}

void SchemaWatch::Later(Attempt* attempt) const {
  attempt->wait = attempt->wait == Duration() ? pace_.first : std::min(pace_.most, 2 * attempt->wait);
  attempt->at = SteadyNow() + attempt->wait;
}

// Of one trouble one line, until it is another.
void SchemaWatch::Say(const Status& status) {
  const std::string trouble = status.ok() ? "" : status.text();
  if (trouble == trouble_) return;
  if (trouble.empty()) {
    Log(LogLevel::kInfo, "the schema registry answers");
  } else {
    Log(LogLevel::kWarn, "the schema registry does not help", {{"reason", trouble}});
  }
  trouble_ = trouble;
}

bool SchemaWatch::Judge(const Status& status) {
  const bool told = status.ok() || status.code() == Code::kNotFound;
  state_.up = told;
  own_->SetRegistry(state_);
  Say(told ? Status::Ok() : status);
  if (status.code() == Code::kUnavailable) {
    Later(&nobody_);
  } else {
    nobody_ = Attempt();
  }
  return told;
}

bool SchemaWatch::FetchWanted(const std::string& source, uint32_t id) {
  WriterSchemas& schemas = *book_.at(source);
  if (spec_.missing.contains(id)) {
    Log(LogLevel::kWarn, "records are given up whose schema is among registry.missing", {{"source", source}, {"schema", std::to_string(id)}});
    schemas.Add(id, std::make_shared<const WriterSchema>());
    return true;
  }
  Attempt& attempt = attempts_[{source, id}];
  if (SteadyNow() < std::max(attempt.at, nobody_.at)) return false;
  Result<std::shared_ptr<const WriterSchema>> fetched = registry_->Fetch(id);
  if (*stop_) return true;
  Judge(fetched.status());
  if (!fetched.ok()) {
    schemas.SetTrouble(id, fetched.status().text());
    Later(&attempt);
    return true;
  }
  Log(LogLevel::kInfo, "schema fetched", {{"source", source}, {"schema", std::to_string(id)}, {"bytes", std::to_string((*fetched)->text.size())}});
  compared_[{source, id}] = SteadyNow() + pace_.compare;
  attempts_.erase({source, id});
  schemas.Add(id, *std::move(fetched));
  return true;
}

// The number that has been due for longest. A registry that was set up anew gives out its numbers again; what is here is what
// the records so far were written with.
void SchemaWatch::CompareOne() {
  const Duration now = SteadyNow();
  if (now < std::max(nobody_.at, comparing_.at)) return;
  Duration least = now;
  Number number;
  std::shared_ptr<const WriterSchema> schema;
  for (const auto& [source, schemas] : book_) {
    for (const auto& [id, kept] : schemas->all()) {
      const Duration due = compared_[{source, id}];
      if (kept->none() || due > least || (schema != nullptr && due == least)) continue;
      least = due;
      number = {source, id};
      schema = kept;
    }
  }
  if (schema == nullptr) return;
  const Result<std::shared_ptr<const WriterSchema>> fetched = registry_->Fetch(number.second);
  if (*stop_) return;
  if (!Judge(fetched.status())) {
    Later(&comparing_);
    compared_[number] = comparing_.at;
    return;
  }
  comparing_ = Attempt();
  compared_[number] = now + pace_.compare;
  const bool conflicts = fetched.ok() && !SameSchema(*schema, **fetched);
  if (conflicts && conflicts_.insert(number).second) {
    Log(LogLevel::kError, "the registry has another schema under a number than the one that is kept, which goes on being used",
        {{"source", number.first}, {"schema", std::to_string(number.second)}});
  } else if (fetched.ok() && !conflicts && conflicts_.erase(number) > 0) {
    Log(LogLevel::kInfo, "the registry has the schema that is kept again", {{"source", number.first}, {"schema", std::to_string(number.second)}});
  }
  state_.conflicts = conflicts_.size();
  own_->SetRegistry(state_);
}

Duration SchemaWatch::Look(const std::atomic<bool>& stop) {
  try {
    if (!registry_) registry_.emplace(spec_, [this](long code) { ++state_.requests[code]; }, stop_ = &stop);
    bool idle = true;
    for (const auto& [source, schemas] : book_) {
      for (const uint32_t id : schemas->wanted()) {
        if (stop) return pace_.look;
        if (FetchWanted(source, id)) idle = false;
      }
    }
    if (idle) CompareOne();
  } catch (const std::exception& error) {  // out of memory: the next look may have it
    Say(Internal(error.what()));
  }
  return pace_.look;
}

}  // namespace tidemark
