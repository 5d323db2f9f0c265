// A message of a .proto text, as libprotobuf alone writes it.
#pragma once

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tidemark {

// The message of a .proto text, by libprotobuf alone.
struct Oracle {
  explicit Oracle(std::string text, const std::string& name) : pool(google::protobuf::DescriptorPool::generated_pool()) {
    for (const char* unknown : {"import \"validate/validate.proto\";", "option (validate.rules).strict = true;", " [(validate.rules).string.min_len = 1]"}) {
      if (const size_t at = text.find(unknown); at != std::string::npos) text.erase(at, std::string(unknown).size());
    }
    Add("confluent/type/decimal.proto", "syntax = \"proto3\"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }");
    Add("o.proto", text);
    type = factory.GetPrototype(pool.FindMessageTypeByName(name));
  }
  void Add(const std::string& name, const std::string& text) {
    google::protobuf::io::ArrayInputStream in(text.data(), static_cast<int>(text.size()));
    google::protobuf::io::Tokenizer tokenizer(&in, nullptr);
    google::protobuf::compiler::Parser parser;
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(parser.Parse(&tokenizer, &file));
    file.set_name(name);
    const google::protobuf::FileDescriptor* built = pool.BuildFile(file);
    ASSERT_NE(built, nullptr);
    built->CopyTo(set.add_file());  // as protoc writes it: names and options resolved
  }
  std::string Of(const std::string& text) const {
    const std::unique_ptr<google::protobuf::Message> message(type->New());
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, message.get())) << text;
    return message->SerializeAsString();
  }
  google::protobuf::FileDescriptorSet set;  // less Google's own
  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory;
  const google::protobuf::Message* type = nullptr;
};

}  // namespace tidemark
