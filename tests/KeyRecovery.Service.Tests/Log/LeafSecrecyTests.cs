using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>What a stranger learns of people from the log, who has all of it and all the time in the world.</summary>
public sealed class LeafSecrecyTests
{
    private const int Candidates = 100_000;

    private readonly TestRandom _random = new(54);

    [Fact]
    public async Task No_address_number_or_account_of_a_hundred_thousand_leads_to_a_leaf()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "alex@example.org");
        await server.NewAccountAsync(_random, "+4915112345678");
        await server.LogAsync();
        await server.RequestErasureAsync(account, phone);
        await server.LogAsync();
        var leaves = await LogWorld.LeavesAsync(server);
        var words = leaves.SelectMany(leaf => Words(AuditLeaf.Decode(leaf))).ToHashSet();
        Assert.Equal(4, leaves.Count);

        var found = 0;
        for (var i = 0; i < Candidates; i++)
        {
            var person = i % 2 == 0 ? $"user{i}@example.org" : $"+49151{12345678 - i}";
            if (i == 0) person = "alex@example.org";
            if (i == 1) person = "+4915112345678";
            found += Guesses(person, leaves[0]).Count(guess => words.Contains(guess));
        }

        Assert.Equal(0, found);
        // The control: whoever has salt and detail finds the leaf among all of them.
        var (stays, laptop, _) = await server.NewAccountAsync(_random, "control");
        await server.LogAsync();
        using var open = await server.PassAsync(stays, laptop);
        var entry = Assert.Single((await server.Service.Activity.ReadAsync(open, null, 1, 0, default)).Entries);
        var known = Hash256.Of([.. entry.Salt.ToArray(), .. entry.Detail.ToArray()]);
        Assert.Contains(known, Words(AuditLeaf.Decode((await LogWorld.LeavesAsync(server))[^1])));
    }

    [Fact]
    public async Task Two_leaves_of_one_account_have_nothing_in_common_that_two_of_strangers_do_not_have()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var accounts = new List<(TestAccount Account, TestAuthority Phone)>();
        for (var i = 0; i < 4; i++)
        {
            var (account, phone, _) = await server.NewAccountAsync(_random, $"user {i}");
            accounts.Add((account, phone));
        }

        for (var round = 0; round < 3; round++)
        {
            foreach (var (account, phone) in accounts)
                await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange
                {
                    Put = [(new ItemId(_random.Bytes(16)), _random.Bytes(20))],
                }));
            await server.LogAsync();
        }

        await server.RequestErasureAsync(accounts[0].Account, accounts[0].Phone);
        await server.LogAsync();
        var (owners, leaves) = (new Dictionary<Hash256, int>(), await LogWorld.LeavesAsync(server));
        for (var i = 1; i < accounts.Count; i++)
            foreach (var leaf in await LogWorld.DoneAsync(server, accounts[i].Account, accounts[i].Phone))
                owners[leaf] = i;
        Assert.Equal(4 * 4 + 2, leaves.Count);
        Assert.Equal(3 * 4, owners.Count);

        // Of a leaf all that is in it but what everybody's have: time, event, role and policy.
        var seen = new HashSet<Hash256>();
        foreach (var leaf in leaves.Select(leaf => AuditLeaf.Decode(leaf)))
        {
            Assert.True(seen.Add(leaf.Label), "a label twice");
            Assert.True(seen.Add(leaf.Commitment), "a commitment twice");
        }

        // And what an account's leaves share with one another in any 4 bytes in a row is what strangers' share.
        var all = leaves.Select(leaf => (Owner: owners.GetValueOrDefault(MerkleTree.LeafHash(leaf.Span)), leaf))
            .Where(leaf => leaf.Owner > 0).ToList();
        var common = new Dictionary<bool, HashSet<string>> { [true] = [], [false] = [] };
        foreach (var (one, first) in all)
        {
            foreach (var (two, second) in all.Where(other => !other.leaf.Equals(first)))
                common[one == two].UnionWith(Runs(first.Span).Intersect(Runs(second.Span)));
        }

        Assert.NotEmpty(common[true]);
        Assert.Empty(common[true].Except(common[false]));
    }

    // Hashes and MACs that somebody might try with what is public.
    private static IEnumerable<Hash256> Guesses(string person, ReadOnlyMemory<byte> leaf)
    {
        var text = Encoding.UTF8.GetBytes(person);
        var public32 = AuditLeaf.Decode(leaf).Policy.ToArray();
        yield return Hash256.Of(text);
        yield return Hash256.Of(SHA256.HashData(text));
        yield return Hash256.Of([.. public32, .. text]);
        yield return new Hash256(HMACSHA256.HashData(public32, text));
        yield return new Hash256(HMACSHA256.HashData("keyrecovery/v1/audit-leaf"u8, text));
    }

    private static IEnumerable<Hash256> Words(AuditLeaf leaf) => [leaf.Label, leaf.Commitment];

    private static HashSet<string> Runs(ReadOnlySpan<byte> bytes)
    {
        const int Length = 4;
        var runs = new HashSet<string>();
        for (var i = 0; i + Length <= bytes.Length; i++)
            runs.Add(Convert.ToHexString(bytes.Slice(i, Length)));
        return runs;
    }
}
