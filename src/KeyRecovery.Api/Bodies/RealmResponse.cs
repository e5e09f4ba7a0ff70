using System.ComponentModel;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Bodies;

/// <summary>This server's public keys as a realm.</summary>
internal sealed record RealmResponse
{
    [Description("SHA-256 over both keys: what apps pin.")]
    public required string Fingerprint { get; init; }

    [Description("The Ed25519 key that signs answers.")]
    public required string SigningKey { get; init; }

    [Description("The X-Wing key that registrations are sealed to.")]
    public required string KemKey { get; init; }

    public static RealmResponse Of(RealmIdentity realm) => new()
    {
        Fingerprint = realm.Fingerprint.ToString(),
        SigningKey = realm.SigningKey.ToString(),
        KemKey = Base64UrlText.Encode(realm.KemKey.Span),
    };
}
