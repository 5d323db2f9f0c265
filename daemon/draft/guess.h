// What records are about, by how they and their fields are called: events of the schema, and paths for their fields.
#pragma once

#include <string>
#include <vector>

#include "daemon/draft/observed.h"
#include "pipeline/event/schema.h"

namespace tidemark::draft {

// An event that records of one type may yield.
struct Guess {
  std::string event;       // "deal.won"
  std::string condition;   // beside that of the type: "op == create"; "": none
  bool once = false;       // of an entity: its id is the entity's
};

// By the words of a type, like "track", "Order Completed". Empty: nothing comes to mind.
std::vector<Guess> EventsOf(const std::vector<std::string>& words);
// By a table's name, its rows being changed; `stages` are the columns that may say how far they are.
std::vector<Guess> ChangesOf(const std::string& table, const SeenPaths& seen);

struct FieldGuess {
  std::string field;       // "deal.amount"
  std::string value;       // "row.amount"; "": nothing is called like it
  std::string why_not;     // why it stands there as a comment; "": it doesn't
};
// Of all fields of an event type those that something is called like, in the order of the schema. `entity`: what is taken as the id where no
// field is called so; "": nothing.
std::vector<FieldGuess> FieldsOf(const Schema& schema, EventTypeId type, const SeenPaths& seen, const std::string& entity);

// Of an order.item those of one of the order's lines, `lines` being what they hold; empty where these are no lines of an order.
std::vector<FieldGuess> LineFieldsOf(const Schema& schema, const SeenPaths& order, const SeenPaths& lines);

// The column of a table's rows that has their ids; "": none.
std::string KeyOf(const std::string& table, const SeenPaths& seen);

}  // namespace tidemark::draft
