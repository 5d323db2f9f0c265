// Schemas that records name by number, kept with the state: a restart, a replay and a restored backup need no registry.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/base/status.h"
#include "pipeline/mapping/schemas.h"
#include "pipeline/plan/plan.h"
#include "pipeline/store/store.h"

namespace tidemark {

// Each schema that is at hand is in a commit no later than the first record that was read with it. Threads: confined to the engine.
class StoredSchemas {
 public:
  // Of a source of the plan that isn't in the book nothing is at hand.
  StoredSchemas(const Plan& plan, SchemaBook book);
  // Puts what `store` holds into the book. REQUIRES: done before anybody fetches.
  static Status Read(const Store& store, const SchemaBook& book);
  // Null: the source's records name none.
  std::shared_ptr<WriterSchemas> Of(const std::string& source) const;

  // What a commit holds; of a source that the plan doesn't have it stays as it is.
  Status Load(std::string_view key, std::string_view value);
  // What is at hand and in no commit yet.
  void AppendTo(CommitBatch* batch);
  void Committed();

 private:
  using Number = std::pair<std::string, uint32_t>;  // of a source
  SchemaBook book_;
  std::set<Number> stored_, appended_;
};

std::string EncodeWriterSchema(const WriterSchema& schema);
Status DecodeWriterSchema(std::string_view bytes, WriterSchema* schema);

}  // namespace tidemark
