namespace ActorTunnel.Mesh;

/// <summary>What changes about a node from second to second, as it says itself.</summary>
/// <param name="Sequence">One more for each report of a life of the mesh; 1 is the first.</param>
/// <param name="IsDraining">It takes no new tunnels.</param>
/// <param name="Tunnels">Open, 0 or more.</param>
/// <param name="Dials">Under way, 0 or more.</param>
/// <param name="Cpu">Share of the machine that the process uses, 0 to 1.</param>
/// <param name="ResidentBytes">Memory of the process, as the system counts it.</param>
public sealed record NodeReport(long Sequence, bool IsDraining, int Tunnels, int Dials, double Cpu, long ResidentBytes);
