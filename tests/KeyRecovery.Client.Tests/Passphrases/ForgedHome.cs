using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// A home server in the wrong hands: it shows the account's true passphrase slot with parameters that name one realm,
/// itself, and an OPRF key that it knows, so that it could search the passphrase in whatever came back derived from it.
/// </summary>
/// <remarks>F08: or many slots of its own making.</remarks>
internal sealed class ForgedHome(VaultSession vault) : IDisposable
{
    private readonly RogueRealm _realm = new();
    private readonly OprfKeyShares _key = OprfKeyShares.Split(1, 1, SystemRandom.Instance);

    /// <summary>How many slots it shows: the true id, and more.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Whether those have ids of their own.</summary>
    public bool HasManyIds { get; init; } = true;

    /// <summary>Other parameters than those that name itself.</summary>
    public PassphraseParameters? Parameters { get; init; }

    /// <summary>How many guesses it was asked to evaluate.</summary>
    public int Guesses { get; private set; }

    public HttpResponseMessage? Answer(HttpRequestMessage request, byte[] body)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (!path.StartsWith("/v1/realm", StringComparison.Ordinal)) return null;
        if (path == "/v1/realm/evaluate")
        {
            Guesses++;
            var guess = RealmEvaluate.Decode(body);
            var status = new RealmStatus
            {
                Realm = _realm.Identity.Fingerprint, Slot = guess.Slot, Request = Hash256.Of(body),
                State = RealmSlotState.Live,
                GuessesLeft = 9, NextAttemptInMs = 0, Round = 0, Told = _realm.Told(_key.ShareKeys[0]),
                Evaluation = _realm.Evaluate(guess.Blinded, _key.Shares[0]),
            };
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(_realm.Sign(status)) };
        }
        var local = new HttpRequestMessage(request.Method, new Uri(RogueRealm.Address, path));
        return _realm.Answer(local, body);
    }

    public byte[] Change(HttpRequestMessage request, byte[] body)
    {
        if (request.RequestUri!.AbsolutePath != "/v1/recovery/slots") return body;
        var told = JsonNode.Parse(body)!;
        Assert.Equal(vault.Authorities.Single(a => a.Kind == AuthorityKind.Passphrase).Id.ToString(),
            (string)told["slots"]![0]!["id"]!);
        var parameters = Parameters ?? PassphraseParameters.Create(
            StretchProfile.Mobile, 1, [new RealmShare(_realm.Identity.Fingerprint, _key.ShareKeys[0])]);
        told["slots"]![0]!["parameters"] = Base64UrlText.Encode(parameters.Encode());
        for (var i = 1; i < Slots; i++)
        {
            var another = told["slots"]![0]!.DeepClone();
            if (HasManyIds) another["id"] = new AuthorityId([.. RogueRealm.Random().Take(16)]).ToString();
            told["slots"]!.AsArray().Add(another);
        }
        return JsonSerializer.SerializeToUtf8Bytes(told);
    }

    public void Dispose()
    {
        _realm.Dispose();
        _key.Dispose();
    }
}
