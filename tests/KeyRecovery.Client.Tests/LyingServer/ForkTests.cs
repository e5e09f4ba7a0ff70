using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A server that shows two devices two continuations of one past, each of them true, is told at the first answer that
/// mixes them, by both of its signed heads: whoever has its key sees the lie.
/// </summary>
// A server forks by a copy of its files.
[Trait("Store", "Files")]
public sealed class ForkTests(ForkFixture fixture) : IClassFixture<ForkFixture>
{
    private static readonly Dictionary<string, (Func<VaultSession, Task> Phone, Func<VaultSession, Task> Laptop)>
        Branches = new()
        {
            ["one commit on each"] = (v => PutAsync(v, 1), v => PutAsync(v, 1)),
            ["one that is hidden, and three on the other"] = (v => PutAsync(v, 1), v => PutAsync(v, 3)),
            ["three, and one on the other"] = (v => PutAsync(v, 3), v => PutAsync(v, 1)),
            ["a link, and two commits on the other"] = (AddAsync, v => PutAsync(v, 2)),
            ["a link on each"] = (AddAsync, AddAsync),
            ["two links, and one on the other"] = (v => Task.WhenAll(AddAsync(v), AddAsync(v)), AddAsync),
            ["a removal, and a commit of who was removed"] = (RemoveAsync, v => PutAsync(v, 2)),
        };

    public static TheoryData<string> Names => [.. Branches.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task F07_two_branches_are_told_at_the_first_answer_that_mixes_them_with_proof(string name)
    {
        var person = fixture.Next();
        await person.OnFirstAsync(Branches[name].Phone);
        await person.OnSecondAsync(Branches[name].Laptop);
        AssertProven(await person.MixOnPhoneAsync());
        AssertProven(await person.MixOnLaptopAsync());
        // Nothing of it was taken: each goes on where it was, and the other branch is refused once more.
        await person.OnSecondAsync(v => PutAsync(v, 1));
        AssertProven(await person.MixOnPhoneAsync());
    }

    [Fact]
    public async Task F07_a_branch_that_was_frozen_is_a_roll_back()
    {
        var person = fixture.Next();
        await person.OnFirstAsync(v => PutAsync(v, 2));
        var rolledBack = Assert.IsType<ClientFailure.RolledBack>(
            TestDevice.Failure(await person.MixOnPhoneAsync()));
        Assert.Equal(ProtocolFault.RolledBackManifest, rolledBack.Fault);
        // Both heads are true, one of them no more: older is not other.
        Assert.Null(rolledBack.Evidence);
    }

    [Fact]
    public async Task F07_any_part_of_another_branch_or_of_an_earlier_state_is_refused_and_its_head_proves_the_lie()
    {
        var person = fixture.Next();
        var (before, _) = await person.TellAsync();
        await person.OnFirstAsync(v => PutAsync(v, 1));
        await person.OnFirstAsync(MendAsync);
        await person.OnSecondAsync(v => PutAsync(v, 1));
        await person.OnSecondAsync(MendAsync);
        var (first, second) = await person.TellAsync();
        foreach (var other in new[] { before, second })
        {
            foreach (var (part, mixed) in Mix(VaultBundle.Decode(first), VaultBundle.Decode(other)))
            {
                person.Liar.Instead = heard => heard.IsVault ? new Told(200, mixed.Encode()) : null;
                await person.OnFirstAsync(async v =>
                {
                    var failure = TestDevice.Failure(await v.RefreshAsync());
                    if (part == "head" && other == second) AssertProven(failure);
                    else
                        Assert.True(
                            failure is ClientFailure.ServerLied or ClientFailure.RolledBack, $"{part}: {failure}");
                });
            }
        }
        person.Liar.Instead = null;
        await person.OnFirstAsync(async v => TestDevice.Value(await v.RefreshAsync()));
    }

    [Theory]
    [InlineData("/v1/commits", 200)]
    [InlineData("/v1/commits", 409)]
    public async Task F07_a_head_of_another_branch_in_the_answer_to_a_commit_is_held_against_the_vault(
        string path, int status)
    {
        var person = fixture.Next();
        await person.OnSecondAsync(v => PutAsync(v, 1));
        var (_, second) = await person.TellAsync();
        var head = Base64UrlText.Encode(VaultBundle.Decode(second).Head.Span);
        person.Liar.Lie = (heard, truth) => heard.Path != path ? truth
            : truth with { Status = status, Body = WithHead(status, truth.Body, head) };
        await person.OnFirstAsync(async v =>
            AssertProven((await v.PutAsync("a", Lies.Seed()) as Result<ItemInfo>.Failed)!.Failure));
        person.Liar.Lie = null;
    }

    [Fact]
    public async Task F07_negative_control_one_branch_accuses_nobody()
    {
        var person = fixture.Next();
        await person.OnFirstAsync(v => PutAsync(v, 3));
        await person.OnFirstAsync(AddAsync);
        TestDevice.Value(await person.MixOnLaptopAsync());
        Assert.Equal(person.OnPhone.Version, person.OnLaptop.Version);
    }

    private static async Task PutAsync(VaultSession vault, int times)
    {
        for (var i = 0; i < times; i++) TestDevice.Value(await vault.PutAsync("a", Lies.Seed()));
    }

    private static async Task AddAsync(VaultSession vault)
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        TestDevice.Value(await vault.AddCodeAsync(code));
    }

    private static async Task MendAsync(VaultSession vault) => TestDevice.Value(await vault.MendAsync());

    private static async Task RemoveAsync(VaultSession vault) => TestDevice.Value(await vault.RevokeAsync(
        new RevocationRequest([vault.Authorities.Single(a => a.Name == "laptop").Id])));

    // The answer to the commit that was taken, with the head of the branch where it was not.
    private static byte[] WithHead(int status, byte[] taken, string head)
    {
        var heads = JsonNode.Parse(taken)!.AsObject();
        heads["head"] = head;
        return Encoding.UTF8.GetBytes(status == 200 ? heads.ToJsonString() : new JsonObject
        {
            ["type"] = ProblemTypes.Prefix + ProblemTypes.StaleVersion, ["title"] = "no", ["status"] = status,
            ["heads"] = heads,
        }.ToJsonString());
    }

    private static IEnumerable<(string Part, VaultBundle Mixed)> Mix(VaultBundle told, VaultBundle other) =>
    [
        ("links", told with { Links = other.Links }), ("keysets", told with { Keysets = other.Keysets }),
        ("manifest", told with { Manifest = other.Manifest }), ("head", told with { Head = other.Head }),
        ("manifest and head", told with { Manifest = other.Manifest, Head = other.Head }),
        ("links and keysets", told with { Links = other.Links, Keysets = other.Keysets }),
    ];

    private void AssertProven(Result<VaultSession> mixed) => AssertProven(TestDevice.Failure(mixed));

    // As somebody who has nothing but the home's key.
    private void AssertProven(ClientFailure failure)
    {
        var evidence = Assert.IsType<ClientFailure.RolledBack>(failure).Evidence;
        Assert.NotNull(evidence);
        var (known, served) = (SignedHead.Decode(evidence.Known), SignedHead.Decode(evidence.Served));
        Assert.True(known.IsSignedBy([fixture.HomeKey]) && served.IsSignedBy([fixture.HomeKey]));
        if (evidence.Trail is not { } trail)
        {
            Assert.True(known.Head.Contradicts(served.Head));
            return;
        }
        Assert.False(known.Head.Contradicts(served.Head));
        Assert.True(trail.Proves(known.Head, served.Head));
        // Made up, it proves nothing: another hash, one fewer, a line against itself.
        Assert.False(trail.Proves(known.Head, known.Head));
        Assert.False((trail with { From = trail.From + 1 }).Proves(known.Head, served.Head));
        Assert.False((trail with { Trail = Hash256.Of([1]) }).Proves(known.Head, served.Head));
        Assert.False((trail with { Other = trail.Other.SetItem(0, Hash256.Of([1])) })
            .Proves(known.Head, served.Head));
    }
}
