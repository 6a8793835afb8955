<?php
// Answers cases, a line of JSON each, as verifier/examples/oracle.rs does, with the sample for PHP.

declare(strict_types=1);

require __DIR__ . '/../../examples/verify/php/handleproof.php';

function answer(array $case): array
{
    try {
        $proof = handleproof_verify(
            $case['query'],
            $case['secrets'],
            $case['expected_state'],
            $case['expected_platform'],
            $case['now'],
        );
    } catch (HandleproofCallbackError $error) {
        return [
            'callback_error' => $error->errorCode,
            'description' => $error->description,
            'state_matches' => $error->stateMatches,
        ];
    } catch (HandleproofError $error) {
        $refused = ['refused' => $error->kind];
        return $error->parameter === null ? $refused : $refused + ['parameter' => $error->parameter];
    }
    return ['accepted' => $proof];
}

while (($line = fgets(STDIN)) !== false) {
    $case = json_decode($line, true, 16, JSON_THROW_ON_ERROR);
    echo json_encode(answer($case), JSON_THROW_ON_ERROR), "\n";
}
