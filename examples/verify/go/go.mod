module handleproof

go 1.19
