tidemark_test(proto_schema_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/proto_schema_test.cc
  LIBS tidemark_proto LABELS unit)
