// Parts of a dashboard's JSON that its frame and its panels share.
#pragma once

#include <algorithm>

#include "daemon/generate/dashboard.h"
#include "daemon/json_writer.h"

namespace tidemark {

struct GridPlace {
  int x, y, width, height;
};

void WritePlace(const GridPlace& place, JsonWriter* json);
// Prometheus, whichever the variable `datasource` says.
void WriteDatasource(JsonWriter* json);
void WritePanel(const Panel& panel, int id, const GridPlace& place, JsonWriter* json);

}  // namespace tidemark
