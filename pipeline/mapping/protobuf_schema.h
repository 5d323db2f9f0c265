// Messages that a .proto text or a set of descriptors defines. Internal to this room.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "pipeline/base/status.h"
#include "pipeline/mapping/spec.h"

namespace google::protobuf {
class Descriptor;
class DescriptorPool;
class FileDescriptor;
}  // namespace google::protobuf

namespace tidemark::mapping {

class ProtobufSchema {
 public:
  ProtobufSchema(ProtobufSchema&&) noexcept;
  ~ProtobufSchema();
  // Google's own types and Confluent's are there without being given; ours win where both have one. The error says what is wrong.
  static Result<ProtobufSchema> Make(const MapSchema& schema);

  // A message of the file by its position, and those within it, as Confluent's own deserializer counts: entries of maps where the schema has
  // them (descriptors do, and texts made of them), not where it has `map<K, V>`. Of a schema that names its message, that one. Null where there is none.
  // REQUIRES: none of the indexes is negative.
  const google::protobuf::Descriptor* Find(std::span<const int32_t> indexes) const;

 private:
  class Builder;
  ProtobufSchema();
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  const google::protobuf::FileDescriptor* file_ = nullptr;
  const google::protobuf::Descriptor* message_ = nullptr;
};

}  // namespace tidemark::mapping
