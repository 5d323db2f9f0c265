#include "pipeline/engine/stored_schemas.h"

#include "pipeline/store/bytes.h"
#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

constexpr size_t kMostDepth = 64;

void Put(const WriterSchema& schema, std::string* out) {
  PutVarint(out, static_cast<uint64_t>(schema.kind));
  PutBytes(out, schema.text);
  PutVarint(out, schema.references.size());
  for (const auto& [name, reference] : schema.references) {
    PutBytes(out, name);
    Put(reference, out);
  }
}

bool ReadPart(ByteReader* reader, size_t depth, WriterSchema* schema) {
  const uint64_t kind = reader->Varint();
  schema->text = reader->Bytes();
  const uint64_t references = reader->Varint();
  if (!reader->ok() || kind > static_cast<uint64_t>(WriterSchema::Kind::kProtobuf) || schema->none() || depth > kMostDepth) return false;
  schema->kind = static_cast<WriterSchema::Kind>(kind);
  schema->references.clear();
  for (uint64_t n = 0; n < references; ++n) {
    auto& [name, reference] = schema->references.emplace_back(std::string(reader->Bytes()), WriterSchema());
    if (!ReadPart(reader, depth + 1, &reference)) return false;
  }
  return true;
}

using Number = std::pair<std::string, uint32_t>;

Result<Number> ReadPair(std::string_view key, std::string_view value, const SchemaBook& book) {
  ByteReader reader(key.substr(1));
  Number number;
  number.first = reader.Bytes();
  number.second = static_cast<uint32_t>(reader.BigEndian(4));
  if (!reader.Done()) return Corrupt("a stored schema has no name");
  auto schema = std::make_shared<WriterSchema>();
  TM_RETURN_IF_ERROR(DecodeWriterSchema(value, schema.get()));
  if (const auto found = book.find(number.first); found != book.end()) found->second->Add(number.second, std::move(schema));
  return number;
}

}  // namespace

std::string EncodeWriterSchema(const WriterSchema& schema) {
  std::string out;
  Put(schema, &out);
  return out;
}

Status DecodeWriterSchema(std::string_view bytes, WriterSchema* schema) {
  ByteReader reader(bytes);
  return ReadPart(&reader, 0, schema) && reader.Done() ? Status::Ok() : Corrupt("a stored schema cannot be read");
}

StoredSchemas::StoredSchemas(const Plan& plan, SchemaBook book) : book_(std::move(book)) {
  for (const TopicPlan& topic : plan.topics()) {
    if (topic.mapper != nullptr && topic.mapper->wants_schemas()) book_.try_emplace(topic.source, std::make_shared<WriterSchemas>());
  }
}

std::shared_ptr<WriterSchemas> StoredSchemas::Of(const std::string& source) const {
  const auto found = book_.find(source);
  return found == book_.end() ? nullptr : found->second;
}

Status StoredSchemas::Load(std::string_view key, std::string_view value) {
  TM_ASSIGN_OR_RETURN(Number number, ReadPair(key, value, book_));
  stored_.insert(std::move(number));
  return Status::Ok();
}

Status StoredSchemas::Read(const Store& store, const SchemaBook& book) {
  Status bad;
  TM_RETURN_IF_ERROR(store.Scan(Family::kMeta, "W", "X", [&](std::string_view key, std::string_view value) {
    bad = ReadPair(key, value, book).status();
    return bad.ok();
  }));
  return bad;
}

void StoredSchemas::AppendTo(CommitBatch* batch) {
  appended_.clear();
  for (const auto& [source, schemas] : book_) {
    for (const auto& [id, schema] : schemas->all()) {
      if (schema->none() || stored_.contains({source, id})) continue;
      batch->puts.push_back({Family::kMeta, SchemaKey(source, id), EncodeWriterSchema(*schema)});
      appended_.emplace(source, id);
    }
  }
}

void StoredSchemas::Committed() { stored_.merge(appended_); }

}  // namespace tidemark
