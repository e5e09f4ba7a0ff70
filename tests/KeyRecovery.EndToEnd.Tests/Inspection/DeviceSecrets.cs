using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Inspection;

/// <summary>What a device keeps and never shows: its seeds, and what its account is sealed under.</summary>
internal static class DeviceSecrets
{
    /// <summary>Of a state that has a vault; <paramref name="whose"/> names it.</summary>
    public static IEnumerable<Canary> Of(DeviceState state, string whose)
    {
        yield return new Canary($"signing seed of {whose}", state.SigningSeed.Span.ToArray());
        yield return new Canary($"KEM seed of {whose}", state.KemSeed.Span.ToArray());
        using var kem = KemPrivateKey.FromSeed(state.KemSeed.Span);
        using var signing = SigningKey.FromSeed(state.SigningSeed.Span);
        var verdict = VerifiedVault.Reopen("demo", state.Known!, new OwnIdentity(state.Device, signing.PublicKey));
        using var open = ((VaultVerdict.Ok)verdict).Vault.Open(state.Device, kem).Vault!;
        for (var epoch = 1UL; epoch <= open.Vault.Chain.Epoch; epoch++)
            if (open.Keys.Find(epoch) is { } key)
                yield return new Canary($"key of epoch {epoch} of {whose}", EpochKeyBytes.Of(key));
        yield return new Canary($"label key of {whose}", open.Private.LabelKey.Span.ToArray());
    }
}
