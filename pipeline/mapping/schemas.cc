#include "pipeline/mapping/schemas.h"

namespace tidemark {

std::shared_ptr<const WriterSchema> WriterSchemas::Find(uint32_t id) const {
  const std::lock_guard lock(mu_);
  const auto found = schemas_.find(id);
  return found == schemas_.end() ? nullptr : found->second;
}

void WriterSchemas::Add(uint32_t id, std::shared_ptr<const WriterSchema> schema) {
  const std::lock_guard lock(mu_);
  schemas_.emplace(id, std::move(schema));
}

std::map<uint32_t, std::shared_ptr<const WriterSchema>> WriterSchemas::all() const {
  const std::lock_guard lock(mu_);
  return schemas_;
}

}  // namespace tidemark
