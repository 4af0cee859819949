console.error("weightscope");
