// History that Kafka doesn't hold: counted into an empty state by an engine of its own, before the first record of Kafka.
// A cut in event time parts the two: what lies before it comes from the import alone, the rest from Kafka alone.
#pragma once

#include <optional>

#include "pipeline/engine/source.h"
#include "pipeline/store/store.h"

namespace tidemark {

// What a source hands the imported events out as. It belongs to every topic, and is nobody's once the import is done.
inline const TopicPartition kImportPartition{"import", -1};

struct ImportMark {
  bool done = false;       // false: under way, or given up in the middle; the state is of no use
  EventTime cut;
};
Result<std::optional<ImportMark>> ReadImport(const Store& store);

// kCorrupt, with what to do, when the state holds anything but an import that was given up.
Status CheckImport(const Store& store);
// Makes `store` empty but for the mark that an import is under way. From here on only an engine that is told so
// (EngineOptions::importing) opens it, until EndImport(). REQUIRES: no engine on it.
Status BeginImport(Store* store, EventTime cut);
// REQUIRES: the engine has applied all, stands at T = the cut, and is gone.
Status EndImport(Store* store);

}  // namespace tidemark
