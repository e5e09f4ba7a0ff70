using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Identities;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>The number that two people compare.</summary>
internal sealed class SafetyNumberFormat() : GoldenFormat("safety-number", "§19.2")
{
    private const string Differs = "differs";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("of two accounts", Inputs(5210, 5211));
        yield return ("the same in the other order", Inputs(5211, 5210));
        for (var seed = 5212; seed < 5218; seed += 2) yield return ($"of two others, {seed}", Inputs(seed, seed + 1));
        yield return ("of an account with itself", Inputs(5210, 5210));
        yield return ("the same keys of two accounts", new JsonObject
        {
            ["one"] = Statement(IdentityFormat.Person(5210)),
            ["other"] = Statement(
                IdentityFormat.Person(5210).With(IdentityFormat.Person(5211).Only("account"))),
        });
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(5210, 5211);
        var right = inputs.With(Write(inputs));
        var number = right.Text("number");
        JsonObject But(string name, string value) => right.With(new JsonObject { [name] = value });
        yield return ("the larger side first", But("number", number[30..] + number[..30]), Differs);
        yield return ("one digit changed", But("number", (number[0] == '0' ? "1" : "0") + number[1..]), Differs);
        yield return ("of another account", But("other", Statement(IdentityFormat.Person(5212))), Differs);
        yield return ("the other's statement is not signed",
            But("other", Hex(IdentityFormat.Last(right.Bytes("other")))), IdentityFormat.Signature);
    }

    public override JsonObject Write(JsonObject inputs) =>
        new() { ["number"] = SafetyNumber.Of(Read(inputs, "one")!, Read(inputs, "other")!).Digits };

    protected override string Judge(JsonObject told)
    {
        if (Read(told, "one") is not { } one || Read(told, "other") is not { } other) return IdentityFormat.Signature;
        Assert.Equal(SafetyNumber.Of(one, other), SafetyNumber.Of(other, one));
        return SafetyNumber.Of(one, other).Digits == told.Text("number") ? Accepted : Differs;
    }

    private static IdentityStatement? Read(JsonObject told, string name) =>
        IdentityStatement.TryRead(told.Bytes(name), out var statement) ? statement : null;

    private static JsonObject Inputs(int one, int other) => new()
    {
        ["one"] = Statement(IdentityFormat.Person(one)), ["other"] = Statement(IdentityFormat.Person(other)),
    };

    private static string Statement(JsonObject person) => Hex(IdentityFormat.StatementOf(person).Bytes);
}
