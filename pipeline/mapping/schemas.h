// Schemas that records of a source were written with, where they name one: by the number in front of each record (Confluent's
// wire format) or one for the whole source.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tidemark {

// A schema as whoever keeps it has it. It never changes: a number is given once.
struct WriterSchema {
  struct Reference;
  enum class Kind : uint8_t { kAvro, kJson, kProtobuf };
  Kind kind = Kind::kAvro;
  std::string text;                                            // Avro and JSON Schema: JSON; Protobuf: a .proto file
  // What it names: by the name under which it does (an Avro full name, a path that is imported), before those that name it.
  std::vector<Reference> references;
  // There is none any more, and nobody shall wait for it: its records can't be decoded.
  bool none() const { return text.empty(); }
};

// No std::pair: whether one can be made is asked of what it holds, which is itself; Clang has no answer.
struct WriterSchema::Reference {
  Reference(std::string name, WriterSchema schema) : first(std::move(name)), second(std::move(schema)) {}
  std::string first;
  WriterSchema second;
};

// The schemas that are at hand for one source, by number, and those that are wanted. Threads: any; one adds what others read.
class WriterSchemas {
 public:
  std::shared_ptr<const WriterSchema> Find(uint32_t id) const;  // null: not at hand
  // What is there under this number stays.
  void Add(uint32_t id, std::shared_ptr<const WriterSchema> schema);
  std::map<uint32_t, std::shared_ptr<const WriterSchema>> all() const;
  size_t size() const;

  // A record waits for it: whoever adds schemas looks for it, unless it is here.
  void Want(uint32_t id);
  std::vector<uint32_t> wanted() const;
  // Why it isn't here yet; for people.
  void SetTrouble(uint32_t id, std::string why);
  std::string trouble(uint32_t id) const;

 private:
  mutable std::mutex mu_;
  std::map<uint32_t, std::shared_ptr<const WriterSchema>> schemas_;  // GUARDED_BY(mu_)
  std::map<uint32_t, std::string> wanted_;                           // GUARDED_BY(mu_): and what keeps each from being here
};

// Of all sources whose records name their schemas by number, by the source's name.
using SchemaBook = std::map<std::string, std::shared_ptr<WriterSchemas>>;

}  // namespace tidemark
