using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Vaults;

/// <summary>What came of a repair.</summary>
internal abstract record Repaired
{
    private Repaired() { }

    /// <summary>The server has it back, but for the items of these hashes.</summary>
    public sealed record Done(ImmutableHashSet<string> Missing) : Repaired;

    /// <summary>It was not taken.</summary>
    /// <param name="Why">What the server said, as an app is told.</param>
    /// <param name="Restored">The claims that came with it, signed; nothing of them is verified.</param>
    /// <param name="IsRevoked">Whether the device was removed.</param>
    public sealed record Refused(
        ClientFailure Why, ImmutableArray<ReadOnlyMemory<byte>> Restored, bool IsRevoked) : Repaired
    {
        /// <summary>The server's word: who may go the way back; else empty.</summary>
        public ImmutableArray<AuthorityId> ActiveAtMinChain { get; init; } = [];
    }
}

/// <summary>Gives back to a server what it lost (docs/protocol.md §7, Repair).</summary>
internal static class VaultRepair
{
    /// <summary>All that a reader has verified.</summary>
    public static RepairBundle Of(VerifiedVault known) => new(known.Links, known.Keyset.Parts, known.Manifest)
    {
        Head = known.Head,
        Trail = known.HashesTrail,
        Between = known.Hashes,
    };

    /// <summary>The way back: the chain that the server has, one more link, and the manifest on it.</summary>
    public static RepairBundle Onward(VerifiedVault behind, CommitBundle commit) => new(
        behind.Links.Add(commit.Link!), [commit.Keyset!], commit.Manifest)
    {
        Head = behind.Head,
        Trail = behind.HashesTrail,
        Between = behind.Hashes.Add(behind.Manifest.Hash),
    };

    public static async Task<Repaired> SendAsync(
        VaultApi api, DeviceKeys signer, RepairBundle repair, CancellationToken ct, string? token = null)
    {
        var answer = await api.RepairAsync(signer, repair.Encode(), token, ct);
        if (answer is Answer.Problem problem)
            return new Repaired.Refused(
                Failures.Of(problem), problem.Details.ReadRestored(), problem.Type == ProblemTypes.Revoked)
            {
                ActiveAtMinChain = problem.Details.ReadActiveAtMinChain(),
            };
        return answer.Read(ClientJson.Default.RepairJson).TryGet(out var told, out var failure)
            ? told.Heads.ManifestHash == repair.Manifest.Hash.ToString()
                ? new Repaired.Done([.. told.Missing])
                : new Repaired.Refused(new ClientFailure.ServerLied(ProtocolFault.HeadMismatch), [], false)
            : new Repaired.Refused(failure, [], false);
    }
}
