// The daemon's side of dead letters: who writes them, and what is said of it.
#pragma once

#include <memory>
#include <string>

#include "daemon/own_metrics.h"
#include "pipeline/kafka/letter_writer.h"

namespace tidemark {

// Null where the configuration has no topic for them. Looks for the topic, and waits a moment for the answer.
Result<std::unique_ptr<LetterWriter>> OpenLetters(const Specs& specs);
DeadLetterState StateOf(const LetterWriter::Stats& stats);
// Into the log, when it is another one than *said.
void SayLetterTrouble(const LetterWriter::Stats& stats, std::string* said);

}  // namespace tidemark
