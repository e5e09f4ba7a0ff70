using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>What an issuer's tokens are verified with.</summary>
/// <param name="Keys">The keys; none where the issuer has withdrawn them all.</param>
/// <param name="Began">When they were asked for, as a timestamp of the time provider.</param>
internal sealed record KeySet(IReadOnlyList<SecurityKey> Keys, long Began);
