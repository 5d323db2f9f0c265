tidemark_test(store_contract_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/store_contract_test.cc
  LIBS tidemark_rocksdb LABELS unit)
tidemark_test(rocksdb_store_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/rocksdb_store_test.cc
  LIBS tidemark_rocksdb LABELS unit)
tidemark_test(rocksdb_kill_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/rocksdb_kill_test.cc
  LIBS tidemark_rocksdb LABELS unit TIMEOUT 120)
tidemark_test(rocksdb_checkpoint_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/rocksdb_checkpoint_test.cc
  LIBS tidemark_rocksdb LABELS unit)
