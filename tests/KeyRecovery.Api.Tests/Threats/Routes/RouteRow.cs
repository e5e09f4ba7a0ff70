using System.Collections.Immutable;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>
/// What one route answers, to whom. A cell is a status and, of a refusal, the problem's type; with <c>writes</c> it is
/// a request that is served and changes what is stored.
/// </summary>
/// <param name="Route">Method and pattern, as the host has them.</param>
/// <param name="Make">A request that nothing is wrong with but who sends it.</param>
internal sealed record RouteRow(string Route, Func<Visit, Task<HttpRequestMessage>> Make)
{
    /// <summary>For who names the own account; for everybody.</summary>
    public required ImmutableArray<(Callers Who, string Answer)> Own { get; init; }

    /// <summary>For who names another account; empty where a request names none.</summary>
    public ImmutableArray<(Callers Who, string Answer)> Other { get; init; } = [];

    /// <summary>For who names an account that is not there, where that differs from another one.</summary>
    public ImmutableArray<(Callers Who, string Answer)> Absent { get; init; } = [];

    /// <summary>
    /// For who is in the own account, and names a thing in another. One that is nowhere is answered the same.
    /// </summary>
    public ImmutableArray<(Callers Who, string Answer)> Foreign { get; init; } = [];

    /// <summary>Why a refusal may tell that something is there, by the page; null where it must not.</summary>
    public string? Tells { get; init; }

    /// <summary>Tables that anybody who is served may add to.</summary>
    public ImmutableArray<Table> Beside { get; init; } = [];

    /// <summary>Whether what is written takes the account away, so that the next caller needs another.</summary>
    public bool Spends { get; init; }

    /// <summary>Before each request.</summary>
    public Func<Scene, Task> Prepare { get; init; } = _ => Task.CompletedTask;

    /// <summary>After each request that was served.</summary>
    public Func<Visit, HttpResponseMessage, Task> Settle { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>What a caller gets; null where the row does not say, or says it twice.</summary>
    public string? Expected(Callers caller, Aim aim)
    {
        var cells = aim switch
        {
            Aim.Own => Own,
            Aim.Other => Other,
            Aim.Absent => Absent.IsEmpty ? Other : Absent,
            _ => Foreign,
        };
        var told = cells.Where(cell => cell.Who.HasFlag(caller)).ToList();
        return told.Count == 1 ? told[0].Answer : null;
    }
}
