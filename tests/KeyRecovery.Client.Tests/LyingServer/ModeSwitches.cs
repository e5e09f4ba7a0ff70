using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// What a server can say so that a client does something else than it was made for: each is told in the place of the
/// truth, or beside it.
/// </summary>
internal static class ModeSwitches
{
    private static readonly byte[] Page = "<html><form action=/v1/key><input name=code></form></html>"u8.ToArray();

    /// <summary>Every kind, each with what it tells.</summary>
    /// <param name="elsewhere">Another server of the liar's.</param>
    public static IReadOnlyDictionary<string, Func<Told, Told>[]> Of(Uri elsewhere) =>
        new Dictionary<string, Func<Told, Told>[]>
        {
            ["unknown fields"] =
            [
                told => WithFields(told, new JsonObject
                {
                    ["mode"] = "plaintext", ["keyConnectorUrl"] = elsewhere.ToString(), ["exportKey"] = true,
                    ["kdf"] = "none", ["recoveryKey"] = "AAAA", ["encryption"] = new JsonObject { ["alg"] = "none" },
                }),
            ],
            ["statuses"] =
            [
                .. new[] { 202, 204, 206, 299, 304, 402, 426, 451, 599 }
                    .Select(status => (Func<Told, Told>)(told => told with { Status = status })),
                told => told with { Status = 401, Headers = [("WWW-Authenticate", "Basic realm=\"code\"")] },
                told => told with { Status = 407, Headers = [("Proxy-Authenticate", "Basic realm=\"code\"")] },
            ],
            ["informational answers before the true one"] =
            [
                .. new[] { "100 Continue", "102 Processing", "103 Early Hints", "199 Told" }.Select(line =>
                    (Func<Told, Told>)(told => told with { Before = Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 {line}\r\nLink: <{elsewhere}key>; rel=preload\r\nKey-Mode: plaintext\r\n\r\n") })),
            ],
            ["redirects"] =
            [
                .. new[] { 300, 302, 303, 305, 307, 308 }.Select(status => (Func<Told, Told>)(told =>
                    told with { Status = status, Headers = [("Location", $"{elsewhere}v1/key")] })),
            ],
            ["content types"] =
            [
                .. new[] { null, "text/plain; charset=utf-7", "application/problem+json" }.Select(
                    type => (Func<Told, Told>)(told => told with { ContentType = type })),
                told => told with { ContentType = "text/html", Body = Page },
                told => told with { Body = [] },
            ],
            ["problems that nobody knows"] =
            [
                .. new[]
                {
                    (403, "send-key"), (409, "mode-plaintext"), (426, "upgrade-required"), (400, "kdf-too-strong"),
                }.Select(problem => (Func<Told, Told>)(_ => Told.Problem(
                        problem.Item1, problem.Item2, ",\"requires\":[\"code\",\"passphrase\",\"epochKey\"]"))),
            ],
            ["problems that come where they never do"] =
            [
                .. new[]
                {
                    ProblemTypes.RepairRequired, ProblemTypes.VaultLost, ProblemTypes.StaleVersion,
                    ProblemTypes.Revoked, ProblemTypes.Erased, ProblemTypes.SignatureInvalid, ProblemTypes.NotFound,
                    ProblemTypes.SlotLocked, ProblemTypes.Refused, ProblemTypes.Internal,
                }.Select(type => (Func<Told, Told>)(_ => Told.Problem(
                    409, type, ",\"field\":\"items\",\"rule\":\"item-hash\""))),
            ],
            ["unknown versions and kinds"] =
            [
                .. new[] { Labels.Vault, Labels.Link, Labels.Manifest, Labels.Keyset, Labels.Head }.SelectMany(label =>
                    new byte[] { 0, 2 }.Select(version =>
                        (Func<Told, Told>)(told => WithVersion(told, label, version)))),
                // The kind of whoever the first link adds.
                told => WithKind(told, 9), told => WithKind(told, 0),
            ],
        };

    private static Told WithFields(Told told, JsonObject fields)
    {
        if (told.ContentType?.Contains("json", StringComparison.Ordinal) is not true) return told;
        var body = JsonNode.Parse(told.Body)!.AsObject();
        foreach (var (name, value) in fields) body[name] = value?.DeepClone();
        return told with { Body = Encoding.UTF8.GetBytes(body.ToJsonString()) };
    }

    // The version is the byte behind the label, wherever that stands.
    private static Told WithVersion(Told told, string label, byte version)
    {
        var at = told.Body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(label + "\u0001"));
        if (at < 0) return told;
        var body = (byte[])told.Body.Clone();
        body[at + label.Length] = version;
        return told with { Body = body };
    }

    private static Told WithKind(Told told, byte kind)
    {
        if (told.Status != 200 || !Contains(told.Body, Labels.Vault)) return told;
        var added = Lies.Links(VaultBundle.Decode(told.Body))[0].Link.Add[0];
        var at = told.Body.AsSpan().IndexOf(added.Id.ToArray()) + 16;
        var body = (byte[])told.Body.Clone();
        body[at] = kind;
        return told with { Body = body };
    }

    private static bool Contains(byte[] body, string label) =>
        body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(label + "\u0001")) >= 0;
}
