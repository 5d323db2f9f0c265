#include "pipeline/engine/position.h"

#include "pipeline/store/keys.h"

namespace tidemark {

Result<StoredPosition> ReadPosition(const Store& store) {
  StoredPosition position;
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> head, store.Get(Family::kMeta, HeadKey()));
  if (head) {
    ByteReader reader(*head);
    position.sequence = reader.Varint();
    if (!reader.Done()) return Corrupt("the number of the last commit cannot be read");
  }
  bool good = true;
  const auto visit = [&](std::string_view key, std::string_view value) {
    ByteReader name(key.substr(1)), where(value);
    TopicPartition tp;
    tp.topic = name.Bytes();
    tp.partition = static_cast<int32_t>(name.BigEndian(4));
    const Offset next{where.ZigZag()};
    good = name.Done() && where.ok();
    position.next_offsets.emplace_back(std::move(tp), next);
    return good;
  };
  TM_RETURN_IF_ERROR(store.Scan(Family::kMeta, "P", "Q", visit));
  if (!good) return Corrupt("a stored partition cannot be read");
  return position;
}

}  // namespace tidemark
