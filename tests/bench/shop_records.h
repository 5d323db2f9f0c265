// The facts of the benchmarks' events as a shop's records, which tests/bench/sources.py maps: the same in each format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/events/v1/event.pb.h"

namespace tidemark {

// As text: kJson. In Confluent's wire format, as schema 1: kAvro (shop.avsc), kProtobuf (shop.proto).
enum class ShopFormat : uint8_t { kJson, kAvro, kProtobuf };
std::optional<ShopFormat> ShopFormatOf(std::string_view name);

// One record; padded so that its JSON has so many bytes, when it isn't longer by itself.
std::string ShopRecord(const events::v1::Event& event, int64_t time_micros, size_t bytes, ShopFormat format);

}  // namespace tidemark
