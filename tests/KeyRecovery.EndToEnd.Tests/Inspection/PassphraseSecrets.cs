using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.EndToEnd.Tests.Inspection;

/// <summary>
/// What the SDK derives from a passphrase and never shows: derived once more here, step by step, to be looked for.
/// </summary>
internal static class PassphraseSecrets
{
    /// <summary>As the other, of the account of a device whose home is a folder. Its realm counts a guess.</summary>
    public static async Task<Canary[]> OfAsync(ServerProcess server, string home, string text, string token)
    {
        using var client = new KeyRecoveryClient(
            new KeyRecoveryOptions { Server = server.Address, App = "demo" }, new FileDeviceStore(home));
        using var vault = TestDevice.Value(await client.OpenAsync());
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(text)).Passphrase;
        return await OfAsync(server, vault, passphrase, token, 1);
    }

    public static async Task<Canary[]> OfAsync(
        ServerProcess server, VaultSession vault, Passphrase passphrase, string token, int number)
    {
        var slot = vault.Authorities.Single(a => a.Kind == AuthorityKind.Passphrase).Id;
        using var http = new HttpClient { BaseAddress = server.Address };
        var parameters = await ParametersAsync(http, token);
        using var stretched = passphrase.Stretch(vault.Account, slot, parameters.Profile);
        using var blind = OprfRequest.Blind(stretched.Span, SystemRandom.Instance);
        var realm = await TestRealmClient.ConnectAsync(http, token);
        var request = new RealmEvaluate(slot, AttemptId.Draw(SystemRandom.Instance), blind.Blinded);
        var answer = await realm.SendAsync("evaluate", slot, request.Encode(), token);
        Assert.True(blind.Verify(parameters.Realms[0].ShareKey, answer.Status!.Evaluation!));
        using var oprf = blind.Finalize([(1, answer.Status.Evaluation!.Evaluated)]);

        byte[] secret = [.. stretched.Span, .. oprf.Span];
        byte[] Seed(string label)
        {
            var seed = new byte[32];
            Kdf.Derive(secret, slot.ToArray(), Encoding.ASCII.GetBytes(label), seed);
            return seed;
        }
        var signing = Seed("keyrecovery/v1/passphrase-slot-signing");
        // What is looked for is what was used: this seed makes the slot's published key.
        using (var keys = PassphraseSlot.DeriveKeys(slot, stretched, oprf))
        using (var again = SigningKey.FromSeed(signing))
            Assert.Equal(keys.Signing.PublicKey, again.PublicKey);
        return
        [
            new Canary($"stretched passphrase {number}", stretched.Span.ToArray()),
            new Canary($"OPRF output {number}", oprf.Span.ToArray()),
            new Canary($"signing seed of passphrase {number}", signing),
            new Canary($"KEM seed of passphrase {number}", Seed("keyrecovery/v1/passphrase-slot-kem")),
        ];
    }

    private static async Task<PassphraseParameters> ParametersAsync(HttpClient http, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get,
            "/v1/recovery/slots") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        using var response = await http.SendAsync(request);
        var told = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsByteArrayAsync());
        var bytes = Base64Url.DecodeFromChars(told.GetProperty("slots")[0].GetProperty("parameters").GetString());
        Assert.True(PassphraseParameters.TryRead(bytes, out var parameters));
        return parameters;
    }
}
