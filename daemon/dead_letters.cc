#include "daemon/dead_letters.h"

#include "daemon/log.h"

namespace tidemark {
namespace {

constexpr auto kLookWithin = std::chrono::seconds(2);

}  // namespace

Result<std::unique_ptr<LetterWriter>> OpenLetters(const Specs& specs) {
  if (specs.dead_letters.topic.empty()) return std::unique_ptr<LetterWriter>();
  TM_ASSIGN_OR_RETURN(auto writer, LetterWriter::Open(specs.kafka, specs.dead_letters.topic, specs.limits.max_record_bytes));
  writer->Look(kLookWithin);
  return writer;
}

DeadLetterState StateOf(const LetterWriter::Stats& stats) {
  DeadLetterState state{{}, stats.failures, stats.waiting, !stats.trouble.empty()};
  for (const auto& [kind, delivered] : stats.delivered) state.kinds.push_back({kind.source, kind.topic, kind.reason, delivered});
  return state;
}

void SayLetterTrouble(const LetterWriter::Stats& stats, std::string* said) {
  if (stats.trouble == *said) return;
  if (stats.trouble.empty()) {
    Log(LogLevel::kInfo, "dead letters are written again");
  } else {
    Log(LogLevel::kError, "dead letters can't be written; they are kept with the state and tried again",
        {{"reason", stats.trouble}, {"waiting", std::to_string(stats.waiting)}});
  }
  *said = stats.trouble;
}

}  // namespace tidemark
