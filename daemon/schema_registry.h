// Asks a schema registry for schemas by number: Confluent's interface, which Apicurio, Karapace and Redpanda speak, too.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http_client.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/mapping/schemas.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// Threads: one. Lifetime: what it borrows outlives it.
class SchemaRegistry {
 public:
  // `counted` is called with each request's status code, 0: there was no answer. `stop` ends requests; null: nothing does.
  SchemaRegistry(const RegistrySpec& spec, std::function<void(long code)> counted, const std::atomic<bool>* stop);

  // The schema, with all that it refers to. kNotFound: there is none of this number; kUnavailable: nobody answered; kInvalid: what
  // was answered is of no use. Texts hold nothing of what was answered but what the registry says is wrong.
  Result<std::shared_ptr<const WriterSchema>> Fetch(uint32_t id);

 private:
  class Walk;
  // The answer to a path, of the first registry that has one; the next is asked in place of one that is away or broken.
  Result<std::string> Get(const std::string& path);

  const RegistrySpec& spec_;
  const std::function<void(long code)> counted_;
  const std::atomic<bool>* const stop_;
  size_t at_ = 0;  // of spec_.urls: which answered last
};

// Maps records for commands: what they await is fetched at once, and where it can't be had, not asked for again.
// Threads: one. Lifetime: what it borrows outlives it.
class FetchedSchemas {
 public:
  explicit FetchedSchemas(const RegistrySpec* registry);  // null: there is nobody to ask

  // For the Mapper::Scratch.
  const std::shared_ptr<WriterSchemas>& schemas() const { return schemas_; }
  // Mapper::Map; kAwaitsSchema where it can't be had: schemas()->trouble() says why.
  MapOutcome Map(const Mapper& mapper, const RawRecord& record, Mapper::Scratch* scratch, MappedEvents* out);

 private:
  bool Fetch(uint32_t id);

  const std::shared_ptr<WriterSchemas> schemas_ = std::make_shared<WriterSchemas>();
  std::optional<SchemaRegistry> registry_;
};

// Whether two texts of one number mean the same: blanks between the parts of JSON don't matter.
bool SameSchema(const WriterSchema& a, const WriterSchema& b);

}  // namespace tidemark
