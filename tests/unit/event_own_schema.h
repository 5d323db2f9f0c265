// The schema of tests/fuzz/decoder_own.proto, parsed into messages without generated classes.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>

#include "decoder_own.pb.h"
#include "pipeline/event/schema.h"

namespace tidemark::testing {

class OwnSchema {
 public:
  OwnSchema() : schema_(Schema::Make(own::Envelope::descriptor()).value()) {}
  const google::protobuf::Descriptor* Message(const std::string& name) const {
    return own::Envelope::descriptor()->file()->FindMessageTypeByName(name);
  }
  const google::protobuf::Message& prototype() { return *messages_.GetPrototype(own::Envelope::descriptor()); }
  const Schema& schema() const { return schema_; }

 private:
  google::protobuf::DynamicMessageFactory messages_;
  Schema schema_;
};

}  // namespace tidemark::testing
