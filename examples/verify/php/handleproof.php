<?php
// Verifies the proofs that a handleproof service sends to your callback. PHP 8.1 or later, no extension but the usual.
// Made to be copied. As strict as the Rust crate, and tested against the same vectors.
//
//   session_start();                                          // session.cookie_httponly, _secure and _samesite=Lax
//   $expected = $_SESSION['proof_state'] ?? '';               // from this browser's own session, never looked up by
//   unset($_SESSION['proof_state']);                          // ?state=. Taken out: a proof is good for one time.
//   $proof = handleproof_verify($_SERVER['QUERY_STRING'], [getenv('HANDLEPROOF_SIGNING_SECRET')], $expected, 'tiktok');
//   // The account is $proof['platform'] together with $proof['platform_id'].
//   // $proof['handle_decoded'] is for display, through htmlspecialchars.
//
// Not $_GET: it keeps the last of a repeated parameter and hides the others.

declare(strict_types=1);

/** Why there is no proof. `kind` is for your log; to the user all but a HandleproofCallbackError should look alike. */
class HandleproofError extends Exception
{
    public function __construct(public readonly string $kind, public readonly ?string $parameter = null)
    {
        parent::__construct($parameter === null ? $kind : "$kind: $parameter");
    }
}

/** The user came back with `error=…`. Not signed: a hint, and none at all unless `stateMatches`. */
final class HandleproofCallbackError extends HandleproofError
{
    public function __construct(
        public readonly string $errorCode,
        public readonly ?string $description,
        public readonly bool $stateMatches,
    ) {
        parent::__construct('callback_error');
    }
}

const HANDLEPROOF_SIGNED = ['platform', 'platform_id', 'handle', 'state', 'expires'];
const HANDLEPROOF_EXPECTED = ['platform', 'platform_id', 'handle', 'state', 'expires', 'sig'];
// What is printed for a variable that holds nothing. It would match every session that lost its state.
const HANDLEPROOF_NOTHING = ['', 'undefined', 'null', 'None', 'NaN'];
// D: `$` is the end and not also the place before a last line break. u: over characters, and strict UTF-8.
const HANDLEPROOF_PATTERNS = [
    'platform' => '/^[a-z][a-z0-9_]{0,31}$/D',
    'platform_id' => '/^[A-Za-z0-9._~:@\/-]{1,255}$/D',
    'handle' => '/^[^&\p{Cc}\x{2028}\x{2029}]*$/Du',
    'state' => '/^[!-%\'-~]{1,512}$/D',
    'expires' => '/^[1-9][0-9]{9,11}$/D',
    'sig' => '/^[0-9a-f]{64}$/D',
];

/**
 * Verifies the raw query of a callback: what follows the `?`, as it came over the wire.
 *
 * @param string[] $secrets your signing secrets, as the text shown (two during a change)
 * @param string|null $expectedState what this browser's own session holds
 * @param int|null $now Unix seconds
 * @return array{platform: string, platform_id: string, handle: string, handle_decoded: string, state: string, expires: int}
 * @throws HandleproofError
 */
function handleproof_verify(
    string $query,
    array $secrets,
    ?string $expectedState,
    ?string $expectedPlatform = null,
    ?int $now = null,
    int $maxAge = 300,
    int $leeway = 60,
): array {
    foreach ($secrets ?: [''] as $secret) {
        if (!is_string($secret) || strlen($secret) < 32) {
            throw new HandleproofError('short_secret');
        }
    }
    $now ??= time();
    $expected = in_array($expectedState ?? '', HANDLEPROOF_NOTHING, true) ? null : $expectedState;
    $received = handleproof_read($query);
    // A repeated state counts for nothing: which one it is would depend on who reads it.
    $state = count($received['state'] ?? []) === 1 ? $received['state'][0] : null;
    $stateMatches = $expected !== null && $state !== null && hash_equals($expected, $state);
    handleproof_refuse_error($received, $stateMatches);
    $values = handleproof_values($received);
    $expires = (int) $values['expires'];

    if (!handleproof_signed($secrets, $values)) {
        throw new HandleproofError('bad_signature');
    }
    if ($expectedPlatform === null && $values['platform'] === 'sandbox') {
        throw new HandleproofError('sandbox_platform');
    }
    if ($expectedPlatform !== null && $values['platform'] !== $expectedPlatform) {
        throw new HandleproofError('platform_mismatch');
    }
    if ($expected === null) {
        throw new HandleproofError('no_expected_state');
    }
    if (!$stateMatches) {
        throw new HandleproofError('state_mismatch');
    }
    if ($now > $expires) {
        throw new HandleproofError('expired');
    }
    if ($expires > $now + $maxAge + $leeway) {
        throw new HandleproofError('too_far_ahead');
    }
    return [
        'platform' => $values['platform'],
        'platform_id' => $values['platform_id'],
        'handle' => $values['handle'],
        'handle_decoded' => handleproof_decode_handle($values['handle']),
        'state' => $values['state'],
        'expires' => $expires,
    ];
}

/** Every value that each of our names came with. One that is no percent-encoded UTF-8 is null. */
function handleproof_read(string $query): array
{
    $received = [];
    foreach (explode('&', str_starts_with($query, '?') ? substr($query, 1) : $query) as $pair) {
        [$name, $value] = explode('=', $pair, 2) + [1 => ''];
        $name = handleproof_decode($name);
        if (in_array($name, [...HANDLEPROOF_EXPECTED, 'error', 'error_description'], true)) {
            $received[$name][] = handleproof_decode($value);
        }
    }
    return $received;
}

function handleproof_decode(string $text): ?string
{
    // urldecode lets broken escapes and broken UTF-8 through.
    if (preg_match('/%(?![0-9A-Fa-f]{2})/', $text)) {
        return null;
    }
    $decoded = urldecode($text);
    return preg_match('//u', $decoded) ? $decoded : null;
}

function handleproof_refuse_error(array $received, bool $stateMatches): void
{
    $codes = $received['error'] ?? [];
    if ($codes === []) {
        return;
    }
    if (count($codes) > 1) {
        throw new HandleproofError('duplicate', 'error');
    }
    if (!preg_match('/^[a-z_]{1,64}$/D', $codes[0] ?? '')) {
        throw new HandleproofError('malformed', 'error');
    }
    $descriptions = $received['error_description'] ?? [];
    $text = count($descriptions) === 1 ? $descriptions[0] ?? '' : '';
    // Text for a log or a page: short, and without control characters that would forge a line.
    $readable = $text !== '' && strlen($text) <= 512 && !preg_match('/\p{Cc}/u', $text);
    throw new HandleproofCallbackError($codes[0], $readable ? $text : null, $stateMatches);
}

function handleproof_values(array $received): array
{
    foreach (HANDLEPROOF_EXPECTED as $name) {
        if (count($received[$name] ?? []) > 1) {
            throw new HandleproofError('duplicate', $name);
        }
    }
    foreach (HANDLEPROOF_EXPECTED as $name) {
        if (!isset($received[$name])) {
            throw new HandleproofError('missing', $name);
        }
    }
    $values = [];
    foreach (HANDLEPROOF_EXPECTED as $name) {
        $value = $received[$name][0];
        if ($value === null || !handleproof_well_formed($name, $value)) {
            throw new HandleproofError('malformed', $name);
        }
        $values[$name] = $value;
    }
    return $values;
}

function handleproof_well_formed(string $name, string $value): bool
{
    if (!preg_match(HANDLEPROOF_PATTERNS[$name], $value)) {
        return false;
    }
    if ($name === 'handle') {
        return strlen(handleproof_decode_handle($value)) <= 512;
    }
    return $name !== 'state' || !in_array($value, HANDLEPROOF_NOTHING, true);
}

function handleproof_signed(array $secrets, array $values): bool
{
    $base = implode('&', array_map(fn (string $name): string => "$name={$values[$name]}", HANDLEPROOF_SIGNED));
    $fits = false;
    foreach ($secrets as $secret) {
        // Tries them all, so that the time does not tell which one fits.
        $fits = hash_equals(hash_hmac('sha256', $base, $secret), $values['sig']) || $fits;
    }
    return $fits;
}

function handleproof_decode_handle(string $handle): string
{
    // In this order: the other one would turn the %2526 of a genuine %26 into &.
    return str_replace('%25', '%', str_replace('%26', '&', $handle));
}
