using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Output;

/// <summary>
/// How people know devices and slots: by name, and by name and id where several have one name, which anybody can give
/// itself. Whoever has no name here, for example because it was removed, is known by its id.
/// </summary>
internal sealed class AuthorityNames(ImmutableArray<AuthorityInfo> authorities)
{
    /// <summary>To tell a person.</summary>
    public string Of(AuthorityId id)
    {
        if (Find(id) is not { } known || known is { Kind: AuthorityKind.Device, Name: "" }) return $"device {id}";
        var name = Words.Name(known);
        return authorities.Count(a => Words.Name(a) == name) == 1 ? name : $"{name} ({id})";
    }

    /// <summary>All of them, with commas between.</summary>
    public string Of(IEnumerable<AuthorityId> ids) => Words.List(ids.Select(Of));

    /// <summary>What a command takes for it: its name where that is one word for one authority, else its id.</summary>
    public string ArgumentOf(AuthorityId id) =>
        Find(id)?.Name is { Length: > 0 } name && name == Words.Safe(name)
        && !name.StartsWith('-') && authorities.Count(a => a.Name == name) == 1
            ? Words.Argument(name) : id.ToString();

    /// <summary>For machines: the id, and the name where there is one.</summary>
    public JsonObject Json(AuthorityId id) =>
        new JsonObject { ["id"] = id.ToString(), ["name"] = Find(id)?.Name is { Length: > 0 } name ? name : null };

    private AuthorityInfo? Find(AuthorityId id) => authorities.FirstOrDefault(a => a.Id == id);
}
