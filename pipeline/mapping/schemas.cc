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
  wanted_.erase(id);
}

std::map<uint32_t, std::shared_ptr<const WriterSchema>> WriterSchemas::all() const {
  const std::lock_guard lock(mu_);
  return schemas_;
}

size_t WriterSchemas::size() const {
  const std::lock_guard lock(mu_);
  return schemas_.size();
}

void WriterSchemas::Want(uint32_t id) {
  const std::lock_guard lock(mu_);
  if (!schemas_.contains(id)) wanted_.try_emplace(id);
}

std::vector<uint32_t> WriterSchemas::wanted() const {
  const std::lock_guard lock(mu_);
  std::vector<uint32_t> ids;
  for (const auto& [id, why] : wanted_) ids.push_back(id);
  return ids;
}

void WriterSchemas::SetTrouble(uint32_t id, std::string why) {
  const std::lock_guard lock(mu_);
  if (const auto found = wanted_.find(id); found != wanted_.end()) found->second = std::move(why);
}

std::string WriterSchemas::trouble(uint32_t id) const {
  const std::lock_guard lock(mu_);
  const auto found = wanted_.find(id);
  return found == wanted_.end() ? "" : found->second;
}

}  // namespace tidemark
