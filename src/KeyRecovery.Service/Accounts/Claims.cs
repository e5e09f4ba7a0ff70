using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>Signed claims of restores as rows keep them, the oldest first (docs/protocol.md §7).</summary>
internal static class Claims
{
    // Of one restore the first says that it was, the last that a repair took the place of something.
    private const int OfOneRestore = 2;

    /// <summary>Those of two lists, and one more, each once, and the newest 16 of them.</summary>
    public static ImmutableArray<ReadOnlyMemory<byte>> Join(
        ImmutableArray<ReadOnlyMemory<byte>> some, ImmutableArray<ReadOnlyMemory<byte>> others,
        SignedClaim? more = null)
    {
        var lists = some.Concat(others).Concat(more is null ? [] : [more.Bytes]);
        var claims = lists.DistinctBy(bytes => Hash256.Of(bytes.Span)).Select(SignedClaim.Decode)
            .OrderBy(c => c.Claim.Time).ThenByDescending(c => c.Claim.ManifestVersion)
            .ThenByDescending(c => c.Claim.ChainSequence).ToList();
        while (claims.Count > Limits.Claims) claims.Remove(LeastNeeded(claims));
        return [.. claims.Select(c => c.Bytes)];
    }

    /// <summary>What those say that another list does not have.</summary>
    public static IEnumerable<RestoredClaim> Missing(
        ImmutableArray<ReadOnlyMemory<byte>> all, ImmutableArray<ReadOnlyMemory<byte>> known)
    {
        var names = known.Select(bytes => Hash256.Of(bytes.Span)).ToHashSet();
        return all.Where(bytes => !names.Contains(Hash256.Of(bytes.Span)))
            .Select(bytes => SignedClaim.Decode(bytes).Claim);
    }

    /// <summary>When the newest was made, in seconds since 1970; 0 where there is none.</summary>
    public static ulong NewestTime(ImmutableArray<ReadOnlyMemory<byte>> claims) =>
        claims.IsEmpty ? 0 : SignedClaim.Decode(claims[^1]).Claim.Time;

    public static void Write(CborOut writer, ImmutableArray<ReadOnlyMemory<byte>> claims)
    {
        writer.Array(claims.Length);
        foreach (var claim in claims) writer.Bytes(claim.Span);
    }

    public static ImmutableArray<ReadOnlyMemory<byte>> Read(CborIn reader)
    {
        var count = reader.Array(0, Limits.Claims);
        if (count == 0) return [];
        var claims = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(count);
        for (var left = count; left > 0; left--) claims.Add(reader.BytesView(1, SignedClaim.MaxSize));
        return claims.MoveToImmutable();
    }

    // Whoever repairs over and over must not push out what explains the restore itself.
    private static SignedClaim LeastNeeded(List<SignedClaim> oldestFirst) =>
        oldestFirst.GroupBy(c => c.Claim.Restore).FirstOrDefault(of => of.Count() > OfOneRestore)?.ElementAt(1)
            ?? oldestFirst[0];
}
