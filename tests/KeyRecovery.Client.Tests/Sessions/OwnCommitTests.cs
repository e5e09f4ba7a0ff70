using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>
/// What a device commits it takes over as it built it, without reading it back. Whoever knows nothing of the account
/// still verifies all of it, from what the device keeps and from what the server has.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class OwnCommitTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _laptop = new(fixture.Server.Address);
    private int _reads;

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_a_device_edits_a_stranger_verifies_what_it_keeps_and_another_device_reads_it(int seed)
    {
        var random = new TestRandom(seed);
        using (await _phone.CreateAsync(await fixture.Server.TokenAsync($"{Guid.NewGuid()}"), _code)) { }
        using var vault = await _phone.OpenAsync();
        CountReads();
        for (var step = 0; step < 12; step++)
        {
            var drawn = random.Bytes(42);
            await EditAsync(vault, drawn[0] % 10, $"item {drawn[1] % 5}", drawn[2..]);
            await IsVerifiedAsync(vault);
        }
        Assert.Equal(0, _reads);

        using var onLaptop = await _laptop.RecoverAsync(_code);
        Assert.Equal(vault.Items, onLaptop.Items.AsEnumerable());
        foreach (var item in vault.Items)
        {
            var content = TestDevice.Value(await vault.GetAsync(item.Name));
            Assert.Equal(content, TestDevice.Value(await onLaptop.GetAsync(item.Name)));
        }
    }

    [Theory]
    [InlineData("head")]
    [InlineData("restored")]
    [InlineData("manifestHash")]
    public async Task An_answer_that_tells_of_anything_else_is_not_taken_for_the_own_commit(string changed)
    {
        using (await _phone.CreateAsync(await fixture.Server.TokenAsync($"{Guid.NewGuid()}"), _code)) { }
        using var vault = await _phone.OpenAsync();
        CountReads();
        _phone.Relay.OnAnswer = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/commits") return body;
            var answer = JsonNode.Parse(body)!;
            answer[changed] = changed == "restored" ? new JsonArray("AAAA") : answer["chainHash"]!.GetValue<string>();
            return Encoding.UTF8.GetBytes(answer.ToJsonString());
        };
        TestDevice.Value(await vault.PutAsync("a", new byte[1]));
        Assert.Equal(1, _reads);
        await IsVerifiedAsync(vault);

        // Control: of what the server itself says nothing is read back.
        _phone.Relay.OnAnswer = null;
        TestDevice.Value(await vault.PutAsync("a", new byte[2]));
        Assert.Equal(1, _reads);
    }

    private void CountReads() => _phone.Relay.OnRequest = (request, _) =>
    {
        if (request.RequestUri!.AbsolutePath == "/v1/vault") _reads++;
        return null;
    };

    private async Task EditAsync(VaultSession vault, int action, string name, byte[] content)
    {
        ImmutableArray<ItemEdit> edits = (action, vault.FindItem(name)) switch
        {
            (< 5, _) => [new ItemEdit.Put(name, content)],
            (5, not null) => [new ItemEdit.Remove(name)],
            (6, not null) => [new ItemEdit.Remove(name), new ItemEdit.Put($"{name}!", new byte[20_000])],
            (7, _) => [new ItemEdit.Put(name, content), new ItemEdit.Put($"{name}!", content)],
            _ => [],
        };
        if (edits.IsEmpty) TestDevice.Value(await vault.RenameDeviceAsync(vault.Device, $"phone of {name}"));
        else TestDevice.Value(await vault.EditAsync(edits));
    }

    // By nothing but what the device keeps: who it is, and the server's key.
    private async Task IsVerifiedAsync(VaultSession vault)
    {
        using var kept = (await _phone.Store.LoadAsync(CancellationToken.None))!;
        using var keys = DeviceKeys.Of(kept);
        var verdict = VerifiedVault.Verify("demo", kept.Known!, keys.Identity, null, [kept.HomeKey!]);
        var verified = Assert.IsType<VaultVerdict.Ok>(verdict).Vault;
        using var open = verified.Open(keys.Id, keys.Kem).Vault;
        Assert.Equal(vault.Version, verified.Manifest.Manifest.Version);
        Assert.Equal(
            vault.Items.Select(i => (i.Name, i.Length)),
            open!.Private.Items.Where(i => !ReservedName.Is(i.Name)).Select(i => (i.Name, i.Length))
                .OrderBy(i => i.Name, StringComparer.Ordinal));
    }
}
