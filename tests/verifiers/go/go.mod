module answer

go 1.19

require handleproof v0.0.0

replace handleproof => ../../../examples/verify/go
